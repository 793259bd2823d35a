// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.CloseStep;
import io.tidegate.ClosedException;
import io.tidegate.Race;
import io.tidegate.SideThread;
import io.tidegate.Trail;
import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract of {@link Once}; what it shares with other waits is in {@link GiveUpTest}. */
@ExtendWith(LeakCheck.class)
final class OnceTest {
  private static final CancellationToken NONE = CancellationToken.none();

  private final Once<String> layer = Once.named("layer");
  private final Trail trail = new Trail();
  private final CancellationToken token = CancellationToken.create();

  /** A caller that makes the value when it may, or ends with its token. */
  private SideThread startMaking(CountDownLatch mayEnd, Exception failure) {
    CountDownLatch makes = new CountDownLatch(1);
    SideThread side = SideThread.start(() -> {
      try {
        layer.get(
            own -> {
              makes.countDown();
              mayEnd.await();
              throw failure;
            },
            NONE);
      } catch (IOException e) {
        trail.add("failed: " + e.getMessage());
      }
    });
    SideThread.until(() -> makes.getCount() == 0);
    return side;
  }

  private SideThread startWaiting(String name) {
    int before = layer.waiting();
    SideThread side = SideThread.startParked(() -> {
      String got = layer.get(
          own -> {
            trail.add(name + " makes");
            return "by " + name;
          },
          NONE);
      trail.add(name + " got " + got);
    });
    SideThread.until(() -> layer.waiting() == before + 1);
    return side;
  }

  @Test
  void get_first_makesItOnce() throws Exception {
    assertEquals(Optional.empty(), layer.peek());
    assertEquals("value", layer.get(own -> "value", NONE));
    assertEquals("value", layer.get(own -> "another", NONE));
    assertEquals(Optional.of("value"), layer.peek());
  }

  /** The body gets the caller's token, and runs in its thread. */
  @Test
  void get_first_bodyGetsTheToken() throws Exception {
    Thread caller = Thread.currentThread();
    layer.get(
        own -> {
          assertSame(token, own);
          assertSame(caller, Thread.currentThread());
          return "value";
        },
        token);
  }

  /** All who wait get what the first one made. */
  @Test
  void get_whileMade_waitsForTheValue() throws Exception {
    CountDownLatch mayEnd = new CountDownLatch(1);
    CountDownLatch makes = new CountDownLatch(1);
    SideThread maker = SideThread.start(() -> layer.get(
        own -> {
          makes.countDown();
          mayEnd.await();
          return "by the first";
        },
        NONE));
    makes.await();
    assertEquals("layer (being made)", layer.toString());
    List<SideThread> waiting = List.of(startWaiting("a"), startWaiting("b"));
    mayEnd.countDown();
    maker.join();
    for (SideThread side : waiting) {
      side.join();
    }
    assertEquals(2, trail.events().size());
    assertEquals(
        List.of("a got by the first", "b got by the first"), trail.events().stream().sorted().toList());
    assertEquals("layer (ready)", layer.toString());
  }

  /** A failure is the maker's own; the longest waiting caller tries again, the others get its value. */
  @Test
  void get_makerFails_nextInLineMakesIt() throws Exception {
    CountDownLatch mayEnd = new CountDownLatch(1);
    SideThread maker = startMaking(mayEnd, new IOException("disk"));
    SideThread a = startWaiting("a");
    SideThread b = startWaiting("b");
    mayEnd.countDown();
    maker.join();
    a.join();
    b.join();
    List<String> events = trail.events();
    assertTrue(events.contains("failed: disk") && events.contains("a makes") && events.contains("b got by a"),
        events::toString);
    assertTrue(!events.contains("b makes"), events::toString);
  }

  /** Nobody waits: the next caller tries again. */
  @Test
  void get_afterFailure_triesAgain() throws Exception {
    assertThrows(IOException.class, () -> layer.get(own -> {
      throw new IOException("disk");
    }, NONE));
    assertEquals("layer (not made)", layer.toString());
    assertEquals("value", layer.get(own -> "value", NONE));
  }

  /** A cancelled maker hands over like a failed one. */
  @Test
  void get_makerCancelled_nextInLineMakesIt() throws Exception {
    SideThread maker = SideThread.startParked(() -> assertThrows(CancelledException.class, () -> layer.get(own -> {
      own.awaitCancelled();
      own.throwIfCancelled();
      return "never";
    }, token)));
    SideThread a = startWaiting("a");
    token.cancel();
    maker.join();
    a.join();
    assertEquals(List.of("a makes", "a got by a"), trail.events());
  }

  /** Two bodies never run at once, and the turn is never lost, whoever is cancelled or fails at whichever step. */
  @Test
  void get_racingCancelsAndFailures_makesOneAtATime() throws Exception {
    AtomicInteger made = new AtomicInteger();
    Race.run(new Race.Round() {
      private Once<String> raced = layer;
      private int rounds;

      @Override
      public List<CloseStep> bodies() {
        Once<String> once = Once.named("raced");
        CancellationToken cancelled = CancellationToken.create();
        AtomicInteger inside = new AtomicInteger();
        raced = once;
        boolean fails = rounds++ % 2 == 0;
        return List.of(
            () -> get(once, cancelled, inside, fails),
            () -> get(once, cancelled, inside, fails),
            () -> get(once, NONE, inside, fails),
            cancelled::cancel);
      }

      private void get(Once<String> once, CancellationToken own, AtomicInteger inside, boolean fails) throws Exception {
        try {
          once.get(t -> {
            assertEquals(1, inside.incrementAndGet());
            inside.decrementAndGet();
            t.throwIfCancelled();
            if (fails) {
              throw new IOException("test");
            }
            return "value";
          }, own);
          made.incrementAndGet();
        } catch (CancelledException e) {
          assertTrue(e.is(own));
        } catch (IOException e) {
          assertEquals("test", e.getMessage());
        }
      }

      @Override
      public void check() throws Exception {
        assertEquals(0, raced.waiting());
        assertTrue(raced.get(t -> "value", NONE).equals("value"));
      }
    });
    assertTrue(made.get() > 0);
  }

  /** Closing ends all waiters; the maker goes on, and what it made stays. */
  @Test
  void close_endsWaiters_makerGoesOn() throws Exception {
    CountDownLatch mayEnd = new CountDownLatch(1);
    SideThread maker = SideThread.startParked(() -> assertEquals("late", layer.get(own -> {
      mayEnd.await();
      return "late";
    }, NONE)));
    List<SideThread> waiting = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      waiting.add(SideThread.startParked(
          () -> assertThrows(ClosedException.class, () -> layer.get(own -> "never", NONE))));
    }
    SideThread.until(() -> layer.waiting() == 3);
    layer.close();
    layer.close();
    for (SideThread side : waiting) {
      side.join();
    }
    assertTrue(layer.isClosed());
    assertThrows(ClosedException.class, () -> layer.get(own -> "never", NONE));
    mayEnd.countDown();
    maker.join();
    assertEquals("late", layer.get(own -> "never", NONE));
  }

  /** The one who makes it cannot wait for itself. */
  @Test
  void get_fromTheBody_isRefused() throws Exception {
    assertThrows(IllegalStateException.class, () -> layer.get(own -> layer.get(again -> "inner", own), NONE));
    assertEquals("value", layer.get(own -> "value", NONE));
  }
}
