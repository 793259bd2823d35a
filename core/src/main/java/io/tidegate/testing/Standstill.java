// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import io.tidegate.Gate;
import io.tidegate.Holder;
import io.tidegate.Task;
import io.tidegate.sync.Limiter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The threads of a run that cannot go on, and what each of them waits for. */
final class Standstill {
  private static final int FRAMES = 4;
  private static final List<String> PARKING = List.of(
      "java.lang.", "java.util.concurrent.locks.", "jdk.internal.", "io.tidegate.Waiting", "io.tidegate.carrier.",
      "io.tidegate.testing.SimulatedRun", "io.tidegate.testing.VirtualClock");

  private final List<Actor> live;

  Standstill(SimulatedRun run) {
    live = List.copyOf(run.live());
  }

  AssertionError failure(boolean bodyHasEnded) {
    String what = bodyHasEnded
        ? "the body has ended, and threads are left behind\n"
        : "stuck: all threads wait, and none for a time to come\n";
    return new AssertionError(what + threads() + cycle());
  }

  /** Names each thread, and what it waits for. */
  String threads() {
    return live.stream().map(Standstill::describe).collect(Collectors.joining());
  }

  private static String describe(Actor actor) {
    String frames = List.of(actor.thread.getStackTrace()).stream()
        .dropWhile(frame -> PARKING.stream().anyMatch(frame.getClassName()::startsWith))
        .limit(FRAMES)
        .map(frame -> "\n    at " + frame)
        .collect(Collectors.joining());
    return "  " + actor + waitsFor(actor) + frames + "\n";
  }

  private static String waitsFor(Actor actor) {
    if (actor.blocker != null) {
      return " waits for " + text(actor.blocker);
    }
    Object blocker = LockSupport.getBlocker(actor.thread);
    return blocker == null ? "" : " waits for " + blocker.getClass().getName();
  }

  private static String text(Object blocker) {
    try {
      return blocker.toString();
    } catch (Throwable thrown) {
      return blocker.getClass().getName();
    }
  }

  // ---- cycles

  /** Names a cycle of waits, if one of the threads is in it and what they wait for tells who has to go first. */
  private String cycle() {
    for (Actor actor : live) {
      List<Actor> path = pathBack(actor);
      if (path != null) {
        return "a cycle: " + path.stream().map(each -> each + waitsFor(each)).collect(Collectors.joining(", which is up to "))
            + ", which is up to " + actor + "\n";
      }
    }
    return "";
  }

  private @Nullable List<Actor> pathBack(Actor start) {
    List<List<Actor>> open = new ArrayList<>(List.of(List.of(start)));
    List<Actor> seen = new ArrayList<>();
    for (int i = 0; i < open.size(); i++) {
      List<Actor> path = open.get(i);
      for (Actor next : live) {
        if (isUpTo(path.getLast(), next)) {
          if (next == start) {
            return path;
          }
          if (!seen.contains(next)) {
            seen.add(next);
            List<Actor> longer = new ArrayList<>(path);
            longer.add(next);
            open.add(longer);
          }
        }
      }
    }
    return null;
  }

  private static boolean isUpTo(Actor waiting, Actor other) {
    return switch (waiting.blocker) {
      case Task<?> task -> task.threadId().stream().anyMatch(id -> id == other.thread.threadId());
      case Gate gate -> gate.holders().stream().anyMatch(holder -> isOf(holder, other));
      case Limiter limiter -> limiter.holders().stream().anyMatch(holder -> isNamed(holder, other));
      case null, default -> false;
    };
  }

  private static boolean isOf(Holder holder, Actor actor) {
    String name = actor.thread.getName();
    return holder.name().equals(actor.name()) || (!name.isEmpty() && holder.thread().equals(name));
  }

  private static boolean isNamed(String holder, Actor actor) {
    return !actor.name().isEmpty() && holder.contains(" " + actor.name() + " ");
  }
}
