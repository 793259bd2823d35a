// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What one carrier of a pool runs at one moment.
 *
 * @param carrier the name of the OS thread
 * @param name the name under which it was started, a task's kind; of a virtual thread its id as well, as thread dumps
 *     show it
 * @param work what it is for those who started it, a task with its scope; empty if they do not tell
 * @param frames the top frames of its stack
 */
public record Occupant(String carrier, String name, String work, List<StackTraceElement> frames) {
  private static final int FRAMES = 8;

  /** Any thread; set by who starts work in pools. */
  private static volatile Function<? super Set<Thread>, ? extends Map<Thread, String>> tellerOfWork =
      threads -> Map.of();

  /** Copies the frames. */
  public Occupant {
    frames = List.copyOf(frames);
  }

  /** A thread that was seen on a carrier. */
  record Mounted(Carrier carrier, String name, Thread thread) {}

  /**
   * Sets who tells what threads work on, in reports of all pools: those who start work there, once. Scopes do, for
   * their tasks.
   *
   * @param teller is called, on any thread, with threads that were seen running, and describes each that it knows
   */
  public static void describedBy(Function<? super Set<Thread>, ? extends Map<Thread, String>> teller) {
    tellerOfWork = teller;
  }

  static List<Occupant> of(List<Mounted> mounted) {
    Map<Thread, String> known =
        tellerOfWork.apply(mounted.stream().map(Mounted::thread).collect(Collectors.toSet()));
    return mounted.stream().map(one -> of(one, known.getOrDefault(one.thread(), ""))).toList();
  }

  private static Occupant of(Mounted one, String work) {
    List<StackTraceElement> frames = List.of(one.thread().getStackTrace()).stream().limit(FRAMES).toList();
    return new Occupant(one.carrier().thread().getName(), one.name(), work, frames);
  }

  /** Describes it in several lines: who, and the frames. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(carrier).append(" runs ").append(name);
    if (!work.isEmpty()) {
      text.append(": ").append(work);
    }
    frames.forEach(frame -> text.append("\n    at ").append(frame));
    return text.toString();
  }
}
