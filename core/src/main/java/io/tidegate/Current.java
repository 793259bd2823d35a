// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.PoolClock;
import io.tidegate.internal.OwnScheduler;
import org.jspecify.annotations.Nullable;

/** What the calling thread is inside of: a task or visits, the innermost first. */
final class Current {
  /** Of threads that have no scheduler of their own, where it is kept else. */
  private static final ThreadLocal<@Nullable Stay> INNERMOST = new ThreadLocal<>();

  private Current() {}

  static @Nullable Stay innermost() {
    OwnScheduler own = OwnScheduler.ofThisThread();
    Stay stay = own == null ? INNERMOST.get() : (Stay) own.value();
    while (stay != null && stay.hasLeft()) {
      stay = stay.outer();
    }
    return stay;
  }

  static void push(Stay stay) {
    OwnScheduler own = OwnScheduler.ofThisThread();
    if (own == null) {
      INNERMOST.set(stay);
    } else {
      own.keep(stay);
    }
  }

  static void pop(@Nullable Stay outer) {
    OwnScheduler own = OwnScheduler.ofThisThread();
    if (own != null) {
      own.keep(outer);
    } else if (outer == null) {
      INNERMOST.remove();
    } else {
      INNERMOST.set(outer);
    }
  }

  static @Nullable TaskImpl<?> task() {
    return task(innermost());
  }

  /** The task that the thread is in whose innermost stay is given. */
  static @Nullable TaskImpl<?> task(@Nullable Stay innermost) {
    for (Stay stay = innermost; stay != null; stay = stay.outer()) {
      if (stay instanceof TaskImpl<?> task) {
        return task;
      }
    }
    return null;
  }

  /** The token that the calling thread's waits answer to, if it is in a task or a visit. */
  static @Nullable TokenNode token() {
    Stay stay = innermost();
    return stay == null ? null : stay.token();
  }

  static CarrierPool pool() {
    return pool(innermost());
  }

  /** The pool of the calling thread, whose innermost stay is given. */
  static CarrierPool pool(@Nullable Stay innermost) {
    for (Stay stay = innermost; stay != null; stay = stay.outer()) {
      CarrierPool pool = stay.pool();
      if (pool != null) {
        return pool;
      }
    }
    return CarrierPool.current();
  }

  static PoolClock clock() {
    return pool().clock();
  }

  /** Names the caller: the path of the scope that it is in, else its thread. */
  static String source() {
    Stay stay = innermost();
    return stay == null || !stay.inGate() ? "thread " + Thread.currentThread().getName() : stay.gate().path();
  }
}
