// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Closes a root when the JVM ends, unless it was closed before. Its monitor guards it. */
final class ExitHook {
  private final ScopeImpl root;
  private @Nullable Thread hook;
  private boolean released;

  ExitHook(ScopeImpl root) {
    this.root = root;
  }

  synchronized void register(Duration budget) {
    Objects.requireNonNull(budget, "budget");
    if (hook != null) {
      throw new IllegalStateException(root + " is to be closed on exit already");
    }
    if (released) {
      return; // nothing is left to be closed
    }
    Thread closing = new Thread(() -> close(budget), "close-" + root.name());
    Runtime.getRuntime().addShutdownHook(closing);
    hook = closing;
  }

  /** Forgets the hook: the root is closed. */
  synchronized void release() {
    released = true;
    if (hook != null) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException exiting) {
        // The JVM is ending: the hook runs, or is about to, and finds the root closed.
      }
    }
  }

  private void close(Duration budget) {
    CloseReport report = root.closeGracefully(budget);
    if (!report.isOrderly()) {
      // Not by the log: its own hook may have ended it already.
      System.err.print("the JVM ends, and " + root + " was not closed in order:\n" + report);
    }
  }
}
