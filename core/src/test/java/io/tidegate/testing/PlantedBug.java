// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import static io.tidegate.testing.Guarantee.beside;
import static io.tidegate.testing.Guarantee.require;

import io.tidegate.carrier.CarrierPool;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Small copies of the protocols of the core, with a step where the core has one: each as it is, and as a twin with one
 * mistake.
 */
enum PlantedBug {
  /** Who spawns enters and then looks whether closing has begun; the twin does not look again. */
  REMOVED_RECHECK_IN_SPAWN {
    @Override
    void run(boolean broken) throws InterruptedException {
      MiniScope scope = new MiniScope(broken);
      beside(scope::spawn, scope::close);
    }
  },
  /** Who brings a state about changes it, then unparks; the twin unparks first. */
  LATE_UNPARK {
    @Override
    void run(boolean broken) throws InterruptedException {
      MiniFlag flag = new MiniFlag();
      beside(flag::await, () -> flag.set(broken));
    }
  },
  /** Who waits subscribes, then looks; the twin looks, then subscribes. */
  CHECK_THEN_SUBSCRIBE {
    @Override
    void run(boolean broken) throws InterruptedException {
      MiniWatch watch = new MiniWatch();
      beside(() -> watch.await(broken), watch::change);
    }
  },
  /** The last one to leave looks whether its gate closes after it has left; the twin looks before. */
  LEAVER_LOOKS_TOO_EARLY {
    @Override
    void run(boolean broken) throws InterruptedException {
      MiniGate gate = new MiniGate();
      beside(() -> gate.leave(broken), gate::close);
    }
  },
  /** Who gives up looks whether it was granted its turn meanwhile; the twin loses the permit. */
  GIVES_UP_WITH_A_PERMIT {
    @Override
    void run(boolean broken) throws InterruptedException {
      MiniLimiter limiter = new MiniLimiter();
      beside(() -> limiter.giveUp(broken), limiter::release);
      require(limiter.free == 1, "a permit is lost");
    }
  },
  /** A cancel is stored before those attached are told; in the twin, one that attaches in between is told by nobody. */
  TELLS_BEFORE_IT_STORES {
    @Override
    void run(boolean broken) throws InterruptedException {
      MiniToken token = new MiniToken();
      beside(token::await, () -> token.cancel(broken));
    }
  },
  /** A thread that may be interrupted leaves by a CAS; in the twin the interrupt comes after it has left. */
  INTERRUPTS_LATE {
    @Override
    void run(boolean broken) throws InterruptedException {
      MiniRegion region = new MiniRegion();
      beside(region::enterAndLeave, () -> region.interrupt(broken));
    }
  };

  abstract void run(boolean broken) throws InterruptedException;

  private static final class MiniScope {
    private final boolean broken;
    private boolean closing;
    private boolean closed;
    private int inside;
    private @Nullable Thread closer;

    MiniScope(boolean broken) {
      this.broken = broken;
    }

    void spawn() {
      if (closing) {
        return;
      }
      Simulation.step("has looked, is about to enter");
      if (!broken && closing) {
        return;
      }
      inside++;
      Thread.startVirtualThread(() -> {
        Simulation.step("task begins");
        require(!closed, "a task runs in a closed scope");
        inside--;
        LockSupport.unpark(closer);
      });
    }

    void close() {
      closer = Thread.currentThread();
      closing = true;
      Simulation.step("is about to wait");
      while (inside > 0) {
        CarrierPool.current().clock().park(this);
      }
      closed = true;
    }
  }

  private static final class MiniFlag {
    private boolean set;
    private @Nullable Thread waiter;

    void await() {
      waiter = Thread.currentThread();
      Simulation.step("is about to wait");
      while (!set) {
        Simulation.step("has looked, is about to park");
        CarrierPool.current().clock().park(this);
      }
    }

    void set(boolean broken) {
      if (broken) {
        LockSupport.unpark(waiter);
        Simulation.step("has unparked");
      }
      set = true;
      if (!broken) {
        Simulation.step("is about to unpark");
        LockSupport.unpark(waiter);
      }
    }
  }

  private static final class MiniWatch {
    private boolean changed;
    private final Deque<Thread> waiting = new ArrayDeque<>();

    void await(boolean broken) {
      if (broken) {
        boolean told = changed;
        Simulation.step("has looked, is about to subscribe");
        waiting.add(Thread.currentThread());
        if (!told) {
          CarrierPool.current().clock().park(this);
        }
        return;
      }
      waiting.add(Thread.currentThread());
      Simulation.step("has subscribed, is about to look");
      while (!changed) {
        CarrierPool.current().clock().park(this);
      }
    }

    void change() {
      changed = true;
      Simulation.step("has changed, is about to wake");
      waiting.forEach(LockSupport::unpark);
    }
  }

  private static final class MiniGate {
    private int inside = 1;
    private boolean closing;
    private boolean closed;
    private @Nullable Thread closer;

    void leave(boolean broken) {
      boolean seen = closing;
      Simulation.step("is about to leave");
      inside--;
      closeIfEmpty(broken ? seen : closing);
    }

    void close() {
      closer = Thread.currentThread();
      boolean empty = inside == 0;
      Simulation.step("is about to close");
      closing = true;
      closeIfEmpty(empty || inside == 0);
      while (!closed) {
        CarrierPool.current().clock().park(this);
      }
    }

    private void closeIfEmpty(boolean mayBe) {
      if (mayBe && inside == 0) {
        closed = true;
        LockSupport.unpark(closer);
      }
    }
  }

  private static final class MiniLimiter {
    private boolean inLine = true;
    private boolean granted;
    private int free;

    void giveUp(boolean broken) {
      boolean mine = granted;
      Simulation.step("gives up");
      inLine = false;
      if (broken ? mine : granted) {
        free++;
      }
    }

    void release() {
      Simulation.step("is about to give a permit back");
      if (inLine) {
        granted = true;
      } else {
        free++;
      }
    }
  }

  private static final class MiniToken {
    private boolean cancelled;
    private final Deque<Thread> attached = new ArrayDeque<>();

    void await() {
      Simulation.step("is about to attach");
      if (!cancelled) {
        attached.add(Thread.currentThread());
        while (!cancelled) {
          Simulation.step("has looked, is about to park");
          CarrierPool.current().clock().park(this);
        }
      }
    }

    void cancel(boolean broken) {
      cancelled = !broken;
      Simulation.step("is about to tell");
      attached.forEach(LockSupport::unpark);
      Simulation.step("has told");
      cancelled = true;
    }
  }

  private static final class MiniRegion {
    private @Nullable Thread thread;
    private boolean finished;

    void enterAndLeave() {
      thread = Thread.currentThread();
      Simulation.step("may be interrupted");
      finished = true;
      boolean told = Thread.interrupted();
      Simulation.step(told ? "was interrupted" : "goes on");
      require(!Thread.currentThread().isInterrupted(), "an interrupt came after the region");
    }

    void interrupt(boolean broken) {
      boolean over = finished;
      if (broken) {
        Simulation.step("has looked, is about to interrupt");
      } else {
        over = finished;
      }
      if (thread != null && !over) {
        thread.interrupt();
      }
    }
  }
}
