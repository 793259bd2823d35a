// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * T9: why a canceller claims the region by a CAS before it interrupts, and the exit waits for one that has.
 *
 * <p>The twin looks whether the region is still at work and then interrupts: the region may end in between, and the
 * interrupt hits whatever its thread does next.
 */
final class InterruptExitRaceTest {
  private static final int WORKING = 0;
  private static final int FINISHED = 1;
  private static final int INTERRUPTING = 2;
  private static final int INTERRUPTED = 3;
  private static final int SPARED = 4;

  private final AtomicInteger state = new AtomicInteger(WORKING);
  private final AtomicInteger looks = new AtomicInteger();
  private final CountDownLatch inWindow = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);

  private void window() throws InterruptedException {
    inWindow.countDown();
    goOn.await();
  }

  private void tell(Thread thread) throws InterruptedException {
    if (state.compareAndSet(WORKING, INTERRUPTING)) {
      window();
      thread.interrupt();
      state.set(INTERRUPTED);
    }
  }

  private void tellBroken(Thread thread) throws InterruptedException {
    if (state.get() == WORKING) {
      window();
      thread.interrupt();
    }
  }

  private void exit() {
    if (!state.compareAndSet(WORKING, FINISHED)) {
      SideThread.until(() -> state.get() == INTERRUPTED);
      assertTrue(Thread.interrupted());
    }
  }

  /** A canceller stands in its window; the region cannot end before it has interrupted, and takes that along. */
  @Test
  void exit_cancellerInItsWindow_waitsForTheInterrupt() throws Exception {
    CountDownLatch mayExit = new CountDownLatch(1);
    SideThread worker = SideThread.start(() -> {
      mayExit.await();
      exit();
      assertFalse(Thread.currentThread().isInterrupted());
    });
    SideThread canceller = SideThread.start(() -> tell(worker.thread()));
    inWindow.await();
    mayExit.countDown();
    Blocked.in(worker.thread(), InterruptExitRaceTest.class, "exit");
    assertEquals(INTERRUPTING, state.get());
    goOn.countDown();
    canceller.join();
    worker.join();
  }

  /** The broken twin: the region has ended, and its thread is interrupted in what it does next. */
  @Test
  void exitBroken_cancellerInItsWindow_isInterruptedAfterwards() throws Exception {
    CountDownLatch mayExit = new CountDownLatch(1);
    CountDownLatch exited = new CountDownLatch(1);
    SideThread worker = SideThread.start(() -> {
      mayExit.await();
      exit();
      exited.countDown();
      SideThread.until(Thread.currentThread()::isInterrupted);
    });
    SideThread canceller = SideThread.start(() -> tellBroken(worker.thread()));
    inWindow.await();
    mayExit.countDown();
    exited.await();
    goOn.countDown();
    canceller.join();
    worker.join();
  }

  /** What a canceller does that spares a thread that somebody else has interrupted. */
  private void tellSparing(Thread thread) throws InterruptedException {
    if (state.compareAndSet(WORKING, INTERRUPTING)) {
      window();
      if (thread.isInterrupted()) {
        state.set(SPARED);
      } else {
        thread.interrupt();
        state.set(INTERRUPTED);
        LockSupport.unpark(thread);
      }
    }
  }

  /** Waits for the canceller's look without a park, which would have to clear the status meanwhile. */
  private void exitLooking() {
    while (state.get() == INTERRUPTING) {
      looks.incrementAndGet();
    }
    takeAlong();
  }

  /** The twin: parks at the exit, clears the status for that, and restores it. */
  private void exitParking() {
    boolean interrupted = false;
    while (state.get() == INTERRUPTING) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    takeAlong();
  }

  private void takeAlong() {
    if (state.get() == INTERRUPTED) {
      Thread.interrupted();
    }
  }

  private boolean keepsForeignInterrupt(Runnable exit, Consumer<Thread> seenAtItsExit) throws Exception {
    AtomicBoolean kept = new AtomicBoolean();
    CountDownLatch mayExit = new CountDownLatch(1);
    SideThread worker = SideThread.start(() -> {
      SideThread.until(() -> mayExit.getCount() == 0);
      Thread.currentThread().interrupt(); // as somebody else would
      exit.run();
      kept.set(Thread.interrupted());
    });
    SideThread canceller = SideThread.start(() -> tellSparing(worker.thread()));
    inWindow.await();
    mayExit.countDown();
    seenAtItsExit.accept(worker.thread());
    goOn.countDown();
    canceller.join();
    worker.join();
    return kept.get();
  }

  /** I3 of {@link InterruptRegion}: the canceller looks while the region waits at its exit, and finds the status. */
  @Test
  void exit_interruptedByAnother_keepsThat() throws Exception {
    assertTrue(keepsForeignInterrupt(this::exitLooking, worker -> SideThread.until(() -> looks.get() > 0)));
  }

  /** The broken twin: the canceller finds the status cleared, interrupts, and the exit takes both for its. */
  @Test
  void exitParking_interruptedByAnother_losesThat() throws Exception {
    assertFalse(keepsForeignInterrupt(this::exitParking, worker -> {
      Blocked.in(worker, InterruptExitRaceTest.class, "exitParking");
      SideThread.until(() -> !worker.isInterrupted());
    }));
  }
}
