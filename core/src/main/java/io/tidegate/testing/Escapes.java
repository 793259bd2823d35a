// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Waits of a run's threads for what is not of the run: time of the machine, a socket, a monitor that another thread of the
 * run keeps while it waits, or a thread outside. They end at their own time, so no seed repeats them.
 */
final class Escapes {
  /** Where the JVM and loggers lock for a moment against all threads of the process: whoever waits there goes on soon. */
  private static final List<String> PASSING = List.of(
      "java.lang.ClassLoader", "jdk.internal.loader.", "java.io.PrintStream", "ch.qos.logback.", "org.slf4j.",
      "java.util.logging.", "org.apache.logging.");
  private static final List<String> TIMED = List.of("parkNanos", "parkUntil", "sleepNanos", "sleep");
  private static final long LOOK_AGAIN_NANOS = 100_000;
  private static final int LOOKS = 100_000;
  private static final int FRAMES = 12;

  private Escapes() {}

  /** Tells of a thread that was woken by one that is not of the run; null if its wait is a passing one. */
  static @Nullable AssertionError wokenFromOutside(SimulatedRun run) {
    Actor actor = run.wokenFromOutside();
    if (actor == null) {
      return new AssertionError("a thread was started in the run by one that is not of the run");
    }
    StackTraceElement[] stack = actor.thread.getStackTrace();
    return isPassing(stack) ? null : escape(actor, stack, reason(stack).orElse("for a thread that is not of the run"));
  }

  /** Looks, when nothing of the run can go on, for one that waits so; null if there is none. */
  static @Nullable AssertionError search(SimulatedRun run) {
    for (Actor actor : run.live()) {
      if (actor.blocker == null) {
        AssertionError found = look(run, actor);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  private static @Nullable AssertionError look(SimulatedRun run, Actor actor) {
    StackTraceElement[] stack = actor.thread.getStackTrace();
    if (isPassing(stack)) {
      awaitStrangers(run);
      return run.hasStrangers() ? null : escape(actor, stack, "for a lock that others of the process have");
    }
    Optional<String> reason = switch (actor.thread.getState()) {
      case BLOCKED -> Optional.of("for a contended monitor");
      case TIMED_WAITING -> Optional.of("by the clock of the machine");
      default -> reason(stack);
    };
    return reason.map(why -> escape(actor, stack, why)).orElse(null);
  }

  private static void awaitStrangers(SimulatedRun run) {
    for (int i = 0; i < LOOKS && !run.hasStrangers(); i++) {
      LockSupport.parkNanos(LOOK_AGAIN_NANOS);
    }
  }

  private static Optional<String> reason(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      if (frame.getClassName().startsWith("sun.nio.ch.")) {
        return Optional.of("for a socket or a channel");
      }
      if (!isOfParking(frame)) {
        return Optional.empty();
      }
      if (TIMED.contains(frame.getMethodName())) {
        return Optional.of("by the clock of the machine");
      }
    }
    return Optional.empty();
  }

  private static boolean isOfParking(StackTraceElement frame) {
    return frame.getClassName().startsWith("java.") || frame.getClassName().startsWith("jdk.");
  }

  /** Says whether a thread waits in a method of the JDK that is more than a mere park. */
  static boolean isInJdk(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      String type = frame.getClassName();
      boolean parks = type.startsWith("java.lang.VirtualThread") || type.startsWith("java.lang.System$")
          || type.equals("java.util.concurrent.locks.LockSupport") || type.startsWith("jdk.internal.");
      if (!parks) {
        return isOfParking(frame) || type.startsWith("sun.");
      }
    }
    return true;
  }

  private static boolean isPassing(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      if (PASSING.stream().anyMatch(frame.getClassName()::startsWith)) {
        return true;
      }
    }
    return false;
  }

  private static AssertionError escape(Actor actor, StackTraceElement[] stack, String why) {
    String frames = List.of(stack).stream()
        .dropWhile(frame -> frame.getClassName().startsWith("java.lang.VirtualThread"))
        .filter(frame -> !isOfParking(frame) || TIMED.contains(frame.getMethodName()))
        .limit(FRAMES)
        .map(frame -> "\n    at " + frame)
        .collect(Collectors.joining());
    return new AssertionError("a wait escapes the simulation: " + actor + " waits " + why + frames);
  }
}
