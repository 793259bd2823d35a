// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * S9, W1, W3 of {@link WaitsFor}: cycles whose waits all begin at once are broken in exactly one of them, and why a waiter
 * tells of its wait before it looks.
 *
 * <p>The twin looks first: two that close a cycle at once both see nobody, and wait for ever.
 */
class WaitCycleRaceTest {
  private static final int ROUNDS = 1_000;

  private final CycleLog log = new CycleLog();

  @AfterEach
  void release() {
    log.close();
  }

  /** What the i-th of some tasks, each in a scope of its own, does to wait for the next one. */
  private interface Wait {
    void await(int i, Scope nextScope, Task<?> nextTask) throws Exception;
  }

  /** Lets as many tasks wait at once, all around. */
  private void race(int size, Wait wait) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Scope root = Scope.root("root");
      List<Scope> scopes = new ArrayList<>();
      List<WaitingTask> waiters = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        scopes.add(root.child("s" + i));
        waiters.add(WaitingTask.in(scopes.get(i)));
      }
      CyclicBarrier start = new CyclicBarrier(size);
      List<Integer> order = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        order.add(i);
      }
      Collections.rotate(order, round); // the last one to come to the barrier is the first one to go on
      for (int i : order) {
        int next = (i + 1) % size;
        waiters.get(i).starts(() -> {
          start.await();
          wait.await(i, scopes.get(next), waiters.get(next).task());
        });
      }
      int victims = 0;
      for (WaitingTask waiter : waiters) {
        if (!waiter.outcome().equals(WaitingTask.RETURNED)) {
          CycleLog.assertVictim(waiter.outcome(), waiter.name());
          victims++;
        }
      }
      assertEquals(1, victims, "round " + round);
      root.close();
      scopes.forEach(Closed::check);
    }
    assertEquals(ROUNDS, log.cycles().size());
  }

  /** S9: two closes at once: one is refused, and both come to their end. */
  @Test
  void close_bothAtOnce_oneIsRefused() throws Exception {
    race(2, (i, nextScope, nextTask) -> nextScope.close());
  }

  /** S9: three joins at once. */
  @Test
  void join_threeAtOnce_oneIsRefused() throws Exception {
    race(3, (i, nextScope, nextTask) -> nextTask.join());
  }

  /** S9: a close that cancels nobody, a scope's join and a task's join at once. */
  @Test
  void wait_threeWaysAtOnce_oneIsRefused() throws Exception {
    race(3, (i, nextScope, nextTask) -> {
      switch (i) {
        case 0 -> nextScope.gate().close();
        case 1 -> nextScope.join();
        default -> nextTask.join();
      }
    });
  }

  /** S9: two that hold and wait in turn, quickly, never make a cycle, though each waits for the other again and again. */
  @Test
  void guards_heldInTurn_areNoCycle() throws Exception {
    Scope scope = Scope.root("turns");
    List<Gate> gates = new ArrayList<>();
    for (int i = 0; i < 2 * ROUNDS; i++) {
      gates.add(Gate.create("turn " + i));
    }
    List<WaitingTask> players = List.of(WaitingTask.in(scope), WaitingTask.in(scope));
    CyclicBarrier entered = new CyclicBarrier(2);
    for (int player = 0; player < 2; player++) {
      int parity = player;
      players.get(player).starts(() -> {
        List<Gate.Guard> guards = new ArrayList<>();
        for (int turn = parity; turn < gates.size(); turn += 2) {
          guards.add(gates.get(turn).enter("player " + parity));
        }
        entered.await();
        for (int turn = 0; turn < gates.size(); turn++) {
          if (turn % 2 == parity) {
            guards.get(turn / 2).close();
          } else {
            gates.get(turn).close();
          }
        }
      });
    }
    log.assertNoCycle(players.toArray(WaitingTask[]::new));
    scope.close();
  }

  // ---- the second look

  /** Lets a waiter tell that it waits, until it may end. */
  private static WaitsFor told(WaitingTask waiter, Awaited awaited, CountDownLatch mayEnd) {
    CompletableFuture<WaitsFor> told = new CompletableFuture<>();
    waiter.starts(() -> {
      WaitsFor wait = WaitsFor.throughAll("waits for", awaited);
      wait.tell();
      told.complete(wait);
      mayEnd.await();
      wait.end();
    });
    return told.join();
  }

  /** W3: of two that have found the same cycle one breaks it, though the other comes while the first looks again. */
  @Test
  void breaks_otherComesInTheWindow_oneDoes() throws Exception {
    Scope scope = Scope.root("root");
    WaitingTask one = WaitingTask.in(scope);
    WaitingTask two = WaitingTask.in(scope);
    AtomicReference<Runnable> window = new AtomicReference<>(() -> {});
    CountDownLatch mayEnd = new CountDownLatch(1);
    WaitsFor first = told(one, (TaskImpl<?>) two.task(), mayEnd);
    WaitsFor second = told(two, () -> {
      window.getAndSet(() -> {}).run();
      return List.of((TaskImpl<?>) one.task());
    }, mayEnd);
    WaitCycle byFirst = Objects.requireNonNull(WaitCycle.through(first));
    WaitCycle bySecond = Objects.requireNonNull(WaitCycle.through(second));
    AtomicBoolean secondBreaks = new AtomicBoolean();
    Thread other = Thread.ofPlatform().unstarted(() -> secondBreaks.set(second.breaks(bySecond)));
    window.set(() -> {
      other.start();
      SideThread.until(() -> List.of(Thread.State.WAITING, Thread.State.TERMINATED).contains(other.getState()));
    });

    assertTrue(first.breaks(byFirst));
    other.join();
    assertFalse(secondBreaks.get());
    assertFalse(second.breaks(bySecond));
    mayEnd.countDown();
    log.assertNoCycle(one, two);
    scope.close();
  }

  // ---- the order of telling and looking

  /** Two waiters that have nothing but a place each to tell in. */
  private abstract static class Miniature {
    private final boolean[] told = new boolean[2];

    /** Says whether to wait: false if the other one waits already. {@code window} is run between the two steps. */
    abstract boolean begin(int waiter, Runnable window);

    final synchronized void tell(int waiter) {
      told[waiter] = true;
    }

    final synchronized boolean isOtherWaiting(int waiter) {
      return told[1 - waiter];
    }

    final synchronized void end(int waiter) {
      told[waiter] = false;
    }
  }

  private static final class TellsThenLooks extends Miniature {
    @Override
    boolean begin(int waiter, Runnable window) {
      tell(waiter);
      window.run();
      if (isOtherWaiting(waiter)) {
        end(waiter);
        return false;
      }
      return true;
    }
  }

  private static final class LooksThenTells extends Miniature {
    @Override
    boolean begin(int waiter, Runnable window) {
      boolean cycle = isOtherWaiting(waiter);
      window.run();
      if (cycle) {
        return false;
      }
      tell(waiter);
      return true;
    }
  }

  /** Lets one begin in the window of the other; says who waits then. */
  private static List<Boolean> meet(Miniature pair) {
    List<Boolean> waits = new ArrayList<>();
    waits.add(pair.begin(0, () -> waits.add(pair.begin(1, () -> {}))));
    return waits;
  }

  /** W1: the other one comes between the two steps, and sees who has told: one of them waits. */
  @Test
  void begin_otherComesInTheWindow_oneWaits() {
    assertEquals(List.of(false, true), meet(new TellsThenLooks()));
  }

  /** W1: the broken twin: both have seen nobody, and each waits for the other. */
  @Test
  void beginBroken_otherComesInTheWindow_bothWaitForEver() {
    Miniature pair = new LooksThenTells();
    assertEquals(List.of(true, true), meet(pair));
    assertTrue(pair.isOtherWaiting(0) && pair.isOtherWaiting(1)); // nobody is left who would look
  }
}
