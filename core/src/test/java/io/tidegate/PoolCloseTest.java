// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.carrier.CarrierPool;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** P2: threads in waits of the library while the pool whose scheduler they run on is closed. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD) // if a close hangs
class PoolCloseTest {
  private record Ingest(String name, CarrierPool pool) implements TaskKind {}

  /** P2: threads that a task has started, and the pool does not wait for, go on when their token is cancelled. */
  @Test
  void close_strangersInWaitsOfTheLibrary_goOn() throws Exception {
    CarrierPool pool = CarrierPool.named("closing", 2);
    CancellationToken stop = CancellationToken.create();
    CancellationToken later = stop.withTimeout(Duration.ofDays(1));
    List<Thread> strangers = new CopyOnWriteArrayList<>();
    AtomicInteger woken = new AtomicInteger();
    try (Scope scope = Scope.newRoot("server").open()) {
      Task<?> starter = scope.spawn(new Ingest("INGEST", pool), token -> {
        for (CancellationToken waitedFor : List.of(stop, later)) {
          strangers.add(Thread.startVirtualThread(() -> awaitCancel(waitedFor, woken)));
        }
      });
      starter.join();
    }
    strangers.forEach(Blocked::until);
    pool.close();
    assertTrue(strangers.stream().allMatch(Thread::isAlive));
    stop.cancel();
    for (Thread stranger : strangers) {
      stranger.join();
    }
    assertEquals(2, woken.get());
  }

  private static void awaitCancel(CancellationToken token, AtomicInteger woken) {
    try {
      token.awaitCancelled();
      woken.incrementAndGet();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
