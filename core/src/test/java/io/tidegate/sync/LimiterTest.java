// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.CloseStep;
import io.tidegate.ClosedException;
import io.tidegate.Race;
import io.tidegate.Scope;
import io.tidegate.SideThread;
import io.tidegate.Task;
import io.tidegate.Trail;
import io.tidegate.Work;
import io.tidegate.testing.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract of {@link Limiter}; what it shares with other waits is in {@link GiveUpTest}. */
@ExtendWith(LeakCheck.class)
final class LimiterTest {
  private static final CancellationToken NONE = CancellationToken.none();

  private final Limiter limiter = Limiter.of("compaction", 2);
  private final Trail trail = new Trail();

  private SideThread startWaiting(String name, CancellationToken token) {
    int before = limiter.waiting();
    SideThread side = SideThread.startParked(() -> {
      try (Limiter.Permit permit = limiter.acquire(token)) {
        trail.add(name + " with " + permit.toString().substring(0, 6));
      } catch (CancelledException e) {
        trail.add(name + " cancelled");
      }
    });
    SideThread.until(() -> limiter.waiting() == before + 1);
    return side;
  }

  private Limiter.Permit acquireElsewhere() throws InterruptedException {
    List<Limiter.Permit> got = new ArrayList<>();
    SideThread.start(() -> got.add(limiter.acquire(NONE))).join();
    return got.getFirst();
  }

  @Test
  void acquire_free_returnsAtOnce() throws Exception {
    Limiter.Permit first = limiter.acquire(NONE);
    assertEquals(1, limiter.running());
    first.close();
    first.close();
    assertEquals(0, limiter.running());
    assertTrue(limiter.acquire(Duration.ZERO, NONE).isPresent());
    assertEquals(2, limiter.permits());
  }

  /** First come, first served; nobody overtakes those who wait. */
  @Test
  void acquire_severalWaiting_areServedInOrder() throws Exception {
    Limiter.Permit first = acquireElsewhere();
    Limiter.Permit second = acquireElsewhere();
    SideThread a = startWaiting("a", NONE);
    SideThread b = startWaiting("b", NONE);
    assertEquals(Optional.empty(), limiter.acquire(Duration.ZERO, NONE));
    assertEquals("limiter compaction (2 of 2 running, 2 waiting)", limiter.toString());
    first.close();
    a.join();
    b.join();
    second.close();
    assertEquals(List.of("a with permit", "b with permit"), trail.events());
    assertEquals(0, limiter.running());
  }

  /** A cancelled waiter is skipped and loses no permit. */
  @Test
  void acquire_firstInLineCancelled_nextGetsThePermit() throws Exception {
    CancellationToken token = CancellationToken.create();
    Limiter.Permit first = acquireElsewhere();
    Limiter.Permit second = acquireElsewhere();
    SideThread a = startWaiting("a", token);
    SideThread b = startWaiting("b", NONE);
    token.cancel();
    a.join();
    first.close();
    b.join();
    second.close();
    assertEquals(List.of("a cancelled", "b with permit"), trail.events());
    assertEquals(0, limiter.running());
    assertEquals(0, limiter.waiting());
  }

  /** Whichever comes first, a grant or the end of the waiting: all permits are there in the end. */
  @Test
  void acquire_racingReleaseAndCancel_losesNoPermit() throws Exception {
    AtomicInteger outcomes = new AtomicInteger();
    Race.run(new Race.Round() {
      private Limiter raced = limiter;

      @Override
      public List<CloseStep> bodies() throws Exception {
        Limiter one = Limiter.of("raced", 1);
        raced = one;
        Limiter.Permit held = one.acquire(NONE);
        CancellationToken token = CancellationToken.create();
        return List.of(
            () -> use(one, token),
            () -> use(one, NONE),
            () -> one.acquire(Duration.ofNanos(1), NONE).ifPresent(Limiter.Permit::close),
            held::close,
            token::cancel);
      }

      private void use(Limiter one, CancellationToken token) throws InterruptedException {
        try {
          one.acquire(token).close();
          outcomes.incrementAndGet();
        } catch (CancelledException e) {
          assertTrue(e.is(token));
        }
      }

      @Override
      public void check() {
        assertEquals(0, raced.running());
        assertEquals(0, raced.waiting());
      }
    });
    assertTrue(outcomes.get() > 0);
  }

  /** The same with interrupts. */
  @Test
  void acquire_racingReleaseAndInterrupt_losesNoPermit() throws Exception {
    for (int i = 0; i < 2_000; i++) {
      Limiter one = Limiter.of("raced", 1);
      Limiter.Permit held = one.acquire(NONE);
      SideThread side = SideThread.start(() -> {
        try {
          one.acquire(NONE).close();
        } catch (InterruptedException e) {
          assertEquals(1, one.permits());
        }
      });
      SideThread.until(() -> one.waiting() == 1);
      Race.once(List.of(held::close, () -> side.thread().interrupt()));
      side.join();
      assertEquals(0, one.running());
      assertEquals(0, one.waiting());
    }
  }

  /** A task that acquires again would wait for itself: it is told so, also where a permit is free. */
  @Test
  void acquire_again_isRefused() throws Exception {
    try (Scope scope = Scope.root("root")) {
      Task<String> task = scope.fork(Work.READ, token -> {
        try (Limiter.Permit permit = limiter.acquire(token)) {
          IllegalStateException refused = assertThrows(IllegalStateException.class, () -> limiter.acquire(token));
          return refused.getMessage() + permit.toString().substring(0, 0);
        }
      });
      task.join();
      String text = task.result();
      assertTrue(text.contains("READ-") && text.contains("limiter compaction (1 of 2 running, 0 waiting)"), text);
    }
    assertEquals(0, limiter.running());
  }

  /** Two limiters are two things. */
  @Test
  void acquire_ofAnotherLimiter_isNoNesting() throws Exception {
    try (Limiter.Permit outer = limiter.acquire(NONE);
        Limiter.Permit inner = Limiter.of("other", 1).acquire(NONE)) {
      assertTrue(!outer.toString().equals(inner.toString()));
    }
  }

  /** Any thread gives a permit back, and then its owner may acquire again. */
  @Test
  void close_ofPermitByAnother_frees() throws Exception {
    Limiter.Permit permit = limiter.acquire(NONE);
    SideThread.start(permit::close).join();
    limiter.acquire(NONE).close();
  }

  @Test
  void close_wakesAllAndRefuses() throws Exception {
    Limiter.Permit first = acquireElsewhere();
    acquireElsewhere();
    List<SideThread> sides = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      sides.add(SideThread.startParked(() -> assertThrows(ClosedException.class, () -> limiter.acquire(NONE))));
    }
    SideThread.until(() -> limiter.waiting() == 3);
    limiter.close();
    limiter.close();
    for (SideThread side : sides) {
      side.join();
    }
    assertTrue(limiter.isClosed());
    assertEquals(2, limiter.running());
    first.close();
    assertEquals(1, limiter.running());
    ClosedException refused = assertThrows(ClosedException.class, () -> limiter.acquire(Duration.ZERO, NONE));
    assertTrue(refused.toString().contains("limiter compaction"), refused::toString);
  }

  /** Counts by kind, and who holds a permit. */
  @Test
  void counts_tellKindsAndHolders() throws Exception {
    CountDownLatch mayEnd = new CountDownLatch(1);
    try (Scope scope = Scope.root("root")) {
      for (int i = 0; i < 3; i++) {
        Work kind = i < 2 ? Work.READ : Work.WRITE;
        scope.spawn(kind, token -> {
          try (Limiter.Permit permit = limiter.acquire(token)) {
            assertTrue(permit.toString().contains(kind.name()));
            mayEnd.await();
          }
        });
        int started = i + 1;
        SideThread.until(() -> limiter.running() + limiter.waiting() == started);
      }
      assertEquals(2, limiter.running(Work.READ));
      assertEquals(0, limiter.running(Work.WRITE));
      assertEquals(0, limiter.waiting(Work.READ));
      assertEquals(1, limiter.waiting(Work.WRITE));
      assertEquals(2, limiter.holders().size());
      assertTrue(limiter.holders().getFirst().contains("READ-"));
      mayEnd.countDown();
      scope.join();
    }
    assertEquals(List.of(), limiter.holders());
  }

  @Test
  void of_noPermits_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> Limiter.of("none", 0));
  }
}
