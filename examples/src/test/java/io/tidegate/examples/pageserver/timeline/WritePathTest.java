// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.storage.FrozenLayer;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.examples.pageserver.wal.WalRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class WritePathTest {
  private static final Duration NEVER = Duration.ofDays(1);

  private final CancellationToken token = CancellationToken.create();
  private final List<WalRecord> records = SampleRecords.plain(40, 1_000);

  @Test
  void put_beyondTheDistance_freezesAtTheRecordThatReachesIt() throws Exception {
    WritePath path = path(10_000, NEVER, 100);
    putAll(path, records);
    FrozenLayer first = path.awaitFrozen(token).orElseThrow();

    assertEquals(SampleRecords.START, first.startLsn());
    assertTrue(first.endLsn().minus(first.startLsn()) >= 10_000);
    long reached = records.stream().filter(each -> each.end().minus(SampleRecords.START) < 10_000).count() + 1;
    assertEquals(reached, first.recordCount());
    path.flushed(first);
    assertEquals(first.endLsn(), path.awaitFrozen(token).orElseThrow().startLsn());
  }

  @Test
  void awaitFrozen_withoutFlush_returnsTheSameLayer() throws Exception {
    WritePath path = path(1, NEVER, 100);
    putAll(path, records.subList(0, 2));

    assertEquals(path.awaitFrozen(token), path.awaitFrozen(token));
    assertEquals(2, path.layers());
  }

  @Test
  void awaitFrozen_ofALayerDirtyForTooLong_freezesIt() throws Exception {
    WritePath path = path(1 << 30, Duration.ofMillis(1), 100);
    putAll(path, records.subList(0, 3));
    FrozenLayer layer = path.awaitFrozen(token).orElseThrow();

    assertEquals(3, layer.recordCount());
    assertEquals(records.get(2).end(), layer.endLsn());
  }

  @Test
  void awaitFrozen_begunWhileEmpty_freezesWhatComesLater() throws Exception {
    WritePath path = path(1 << 30, Duration.ofMillis(1), 100);
    CompletableFuture<Optional<FrozenLayer>> found = new CompletableFuture<>();
    Thread flusher = Thread.startVirtualThread(() -> complete(found, () -> path.awaitFrozen(token)));
    Await.untilParked(flusher);
    putAll(path, records.subList(0, 1));

    assertEquals(records.getFirst().end(), found.get().orElseThrow().endLsn());
  }

  @Test
  void put_withTooManyFrozenLayers_waitsForTheFlush() throws Exception {
    WritePath path = path(1, NEVER, 2);
    putAll(path, records.subList(0, 2));
    CompletableFuture<Boolean> put = new CompletableFuture<>();
    Thread writer = Thread.startVirtualThread(() -> complete(put, () -> {
      path.put(records.get(2), token);
      return true;
    }));
    Await.untilParked(writer);
    assertFalse(put.isDone());
    assertEquals(records.get(2).end(), path.lastRecordLsn(), "the record itself is in");

    path.flushed(path.awaitFrozen(token).orElseThrow());
    assertTrue(put.get());
    assertEquals(2, path.layers());
  }

  @Test
  void put_waitingAndCancelled_ends() throws Exception {
    WritePath path = path(1, NEVER, 1);
    putAll(path, records.subList(0, 1));
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    Thread writer = Thread.startVirtualThread(() ->
        thrown.complete(assertThrows(Throwable.class, () -> path.put(records.get(1), token))));
    Await.untilParked(writer);
    token.cancel();

    assertEquals(CancelledException.class, thrown.get().getClass());
    assertEquals(records.get(1).end(), path.lastRecordLsn());
  }

  @Test
  void awaitFrozen_cancelled_ends() throws Exception {
    WritePath path = path(1, NEVER, 1);
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    Thread flusher = Thread.startVirtualThread(() ->
        thrown.complete(assertThrows(Throwable.class, () -> path.awaitFrozen(token))));
    Await.untilParked(flusher);
    token.cancel();

    assertEquals(CancelledException.class, thrown.get().getClass());
  }

  @Test
  void finish_givesOutTheRestInOrderAndThenNothing() throws Exception {
    WritePath path = path(20_000, NEVER, 100);
    putAll(path, records);
    path.finish();

    long count = 0;
    WalRecord last = records.getLast();
    for (Optional<FrozenLayer> next = path.awaitFrozen(token); next.isPresent(); next = path.awaitFrozen(token)) {
      count += next.get().recordCount();
      path.flushed(next.get());
    }
    assertEquals(records.size(), count);
    assertEquals(last.end(), path.lastRecordLsn());
    assertEquals(0, path.layers());
    assertThrows(IllegalStateException.class, () -> path.put(last, token));
  }

  @Test
  void finish_ofAnEmptyPath_wakesTheFlusherWithNothing() throws Exception {
    WritePath path = path(1, NEVER, 1);
    CompletableFuture<Optional<FrozenLayer>> found = new CompletableFuture<>();
    Thread flusher = Thread.startVirtualThread(() -> complete(found, () -> path.awaitFrozen(token)));
    Await.untilParked(flusher);
    path.finish();

    assertEquals(Optional.empty(), found.get());
  }

  @Test
  void flushed_outOfOrder_isRefused() throws Exception {
    WritePath path = path(1, NEVER, 100);
    putAll(path, records.subList(0, 2));
    FrozenLayer first = path.awaitFrozen(token).orElseThrow();
    path.flushed(first);

    assertThrows(IllegalStateException.class, () -> path.flushed(first));
  }

  private interface Body<T> {
    T call() throws Exception;
  }

  private static <T> void complete(CompletableFuture<T> future, Body<T> body) {
    try {
      future.complete(body.call());
    } catch (Throwable failed) {
      future.completeExceptionally(failed);
    }
  }

  private static WritePath path(long distance, Duration timeout, int frozenLayers) {
    TenantSettings settings = TenantSettings.DEFAULTS.withCheckpoint(distance, timeout, frozenLayers);
    return new WritePath(SampleRecords.START, () -> settings, OpenLayerLimit.of(0));
  }

  private void putAll(WritePath path, List<WalRecord> some) throws Exception {
    for (WalRecord each : some) {
      path.put(each, token);
    }
  }
}
