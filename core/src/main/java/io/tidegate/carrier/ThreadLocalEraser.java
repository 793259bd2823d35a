// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.util.List;

/**
 * Makes a platform thread forget all thread-locals, a log context among them, so that one piece of work leaves nothing
 * to the next one on the same thread. The JDK has no public way to that; this one needs the flag of dedicated carriers.
 */
final class ThreadLocalEraser {
  /** Where a thread keeps them; empty if this JVM does not let us at them. */
  private static final List<Field> FIELDS = fields();

  private ThreadLocalEraser() {}

  static boolean isAllowed() {
    return !FIELDS.isEmpty();
  }

  /** Erases those of the calling thread, where that is allowed. */
  static void erase() {
    try {
      for (Field field : FIELDS) {
        field.set(Thread.currentThread(), null);
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("The JVM opened Thread before and now does not", e);
    }
  }

  private static List<Field> fields() {
    try {
      Field own = Thread.class.getDeclaredField("threadLocals");
      Field inheritable = Thread.class.getDeclaredField("inheritableThreadLocals");
      own.setAccessible(true);
      inheritable.setAccessible(true);
      return List.of(own, inheritable);
    } catch (NoSuchFieldException | InaccessibleObjectException e) {
      return List.of();
    }
  }
}
