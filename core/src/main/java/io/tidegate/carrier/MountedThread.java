// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.util.Optional;

/** Finds the virtual thread that a continuation belongs to: the JDK tells a scheduler nothing about it. */
final class MountedThread {
  private MountedThread() {}

  /** Returns the thread that the JDK's Runnable holds, if it is to be seen. */
  static Optional<Thread> of(Object continuation) {
    try {
      for (Field field : continuation.getClass().getDeclaredFields()) {
        field.setAccessible(true);
        if (field.get(continuation) instanceof Thread thread) {
          return Optional.of(thread);
        }
      }
    } catch (IllegalAccessException | InaccessibleObjectException e) {
      // Then it cannot be named, only its carrier.
    }
    return Optional.empty();
  }
}
