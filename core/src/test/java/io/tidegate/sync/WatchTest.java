// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.CloseStep;
import io.tidegate.ClosedException;
import io.tidegate.Race;
import io.tidegate.SideThread;
import io.tidegate.testing.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract of {@link Watch}; what it shares with other waits is in {@link GiveUpTest}. */
@ExtendWith(LeakCheck.class)
final class WatchTest {
  private static final CancellationToken NONE = CancellationToken.none();

  private final Watch<String> watch = Watch.of("loading");
  private final Watch.Reader<String> reader = watch.subscribe();

  /** A change between subscribing and looking is not missed, nor is the value from before. */
  @Test
  void next_afterSubscribe_isThePresentValue() throws Exception {
    assertEquals(Optional.of("loading"), reader.next(NONE));
    watch.set("active");
    assertEquals(Optional.of("active"), watch.subscribe().next(NONE));
    assertEquals(Optional.of("active"), reader.next(NONE));
    assertEquals(Optional.empty(), reader.next(Duration.ZERO, NONE));
    assertFalse(reader.isEnded());
  }

  @Test
  void next_betweenValues_waits() throws Exception {
    reader.next(NONE);
    SideThread side = SideThread.startParked(() -> assertEquals(Optional.of("active"), reader.next(NONE)));
    watch.set("active");
    side.join();
  }

  /** Only the latest value is kept; an equal one is a change too. */
  @Test
  void next_afterSeveralValues_isTheLatest() throws Exception {
    reader.next(NONE);
    watch.set("active");
    watch.set("loading");
    assertEquals(Optional.of("loading"), reader.next(NONE));
    watch.set("loading");
    assertEquals(Optional.of("loading"), reader.next(Duration.ZERO, NONE));
  }

  /** The last value is delivered after the writer's end, and then the end, each time. */
  @Test
  void next_afterClose_isTheLastValueThenTheEnd() throws Exception {
    reader.next(NONE);
    watch.set("stopping");
    watch.close();
    watch.close();
    assertFalse(reader.isEnded());
    assertEquals(Optional.of("stopping"), reader.next(NONE));
    assertTrue(reader.isEnded());
    assertEquals(Optional.empty(), reader.next(NONE));
    assertEquals(Optional.empty(), reader.next(NONE));
    assertEquals(Optional.of("stopping"), watch.subscribe().next(NONE));
    assertEquals("stopping", watch.value());
  }

  @Test
  void close_wakesReaders() throws Exception {
    reader.next(NONE);
    SideThread side = SideThread.startParked(() -> assertEquals(Optional.empty(), reader.next(NONE)));
    watch.close();
    side.join();
    assertTrue(watch.isClosed());
  }

  @Test
  void set_afterClose_isRefused() {
    watch.close();
    ClosedException refused = assertThrows(ClosedException.class, () -> watch.set("active"));
    assertEquals("watch (loading, closed) takes no value any more", refused.getMessage());
    assertThrows(ClosedException.class, () -> watch.update(value -> "active"));
    assertEquals("loading", watch.value());
  }

  @Test
  void await_valueThere_returnsAtOnce() throws Exception {
    assertEquals("loading", watch.await("loading"::equals, NONE));
  }

  @Test
  void await_valueComes_returnsIt() throws Exception {
    SideThread side = SideThread.startParked(() -> assertEquals("active", watch.await("active"::equals, NONE)));
    watch.set("activating");
    watch.set("active");
    side.join();
  }

  @Test
  void await_lastValueIsAnother_throws() throws Exception {
    SideThread side = SideThread.startParked(
        () -> assertThrows(ClosedException.class, () -> watch.await("active"::equals, NONE)));
    watch.set("broken");
    watch.close();
    side.join();
    assertEquals("broken", watch.await("broken"::equals, NONE));
  }

  /** Of racing updates none is lost, and a reader sees the last one. */
  @Test
  void update_racing_losesNone() throws Exception {
    Watch<Integer> count = Watch.of(0);
    List<CloseStep> bodies = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      bodies.add(() -> {
        for (int j = 0; j < 1_000; j++) {
          count.update(n -> n + 1);
        }
      });
    }
    bodies.add(() -> count.await(n -> n == 4_000, NONE));
    Race.once(bodies);
    assertEquals(4_000, count.value());
  }

  /** The last value and then the end come, however they race the reader. */
  @Test
  void next_racingTheEnd_deliversTheLastValue() throws Exception {
    AtomicInteger rounds = new AtomicInteger();
    Race.run(new Race.Round() {
      @Override
      public List<CloseStep> bodies() {
        Watch<Integer> raced = Watch.of(0);
        return List.of(() -> readToTheEnd(raced), () -> readToTheEnd(raced), () -> {
          raced.set(1);
          raced.set(2);
          raced.close();
        });
      }

      private void readToTheEnd(Watch<Integer> raced) throws InterruptedException {
        Watch.Reader<Integer> each = raced.subscribe();
        int last = -1;
        for (Optional<Integer> next = each.next(NONE); next.isPresent(); next = each.next(NONE)) {
          assertTrue(next.get() > last);
          last = next.get();
        }
        assertEquals(2, last);
      }

      @Override
      public void check() {
        rounds.incrementAndGet();
      }
    });
    assertTrue(rounds.get() > 0);
  }
}
