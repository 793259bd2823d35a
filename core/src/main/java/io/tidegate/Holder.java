// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * One who is inside a gate, as seen at one moment.
 *
 * @param path the path of the gate
 * @param name the name that it entered under
 * @param kind the kind of the task; empty for others
 * @param age how long it has been inside; of a guard, which is entered often, to within about ten milliseconds
 * @param note what it said last about what it does; empty if nothing
 * @param thread the name of its thread; empty if it has none, or that has ended
 * @param frames the top frames of that thread, those of the parking itself left out
 * @param parkedOn what that thread is parked on; empty if it is not parked, or does not say
 */
public record Holder(
    String path,
    String name,
    String kind,
    Duration age,
    String note,
    String thread,
    List<StackTraceElement> frames,
    String parkedOn) {
  private static final int FRAMES = 5;
  private static final List<String> PARKING =
      List.of("java.lang.VirtualThread", "java.lang.System$", "java.util.concurrent.locks.",
          "jdk.internal.", "sun.nio.ch.", "io.tidegate.Waiting", "io.tidegate.carrier.",
          "io.tidegate.testing.SimulatedRun", "io.tidegate.testing.VirtualClock");

  /** Makes a holder; the frames are copied. */
  public Holder {
    frames = List.copyOf(frames);
  }

  static Holder of(Member member, String path, long nowNanos) {
    Thread own = member.thread();
    Thread thread = own != null && own.isAlive() ? own : null;
    Object blocker = thread == null ? null : LockSupport.getBlocker(thread);
    return new Holder(
        path,
        member.holderName(),
        member.kindName(),
        Duration.ofNanos(Math.max(0, nowNanos - member.sinceNanos())),
        member.note(),
        thread == null ? "" : thread.getName(),
        thread == null ? List.of() : topFrames(thread),
        blocker == null ? "" : describe(blocker));
  }

  private static List<StackTraceElement> topFrames(Thread thread) {
    List<StackTraceElement> all = List.of(thread.getStackTrace());
    List<StackTraceElement> telling =
        all.stream().dropWhile(frame -> PARKING.stream().anyMatch(frame.getClassName()::startsWith)).toList();
    return (telling.isEmpty() ? all : telling).stream().limit(FRAMES).toList();
  }

  private static String describe(Object blocker) {
    return blocker instanceof TokenNode || blocker instanceof Member
        ? blocker.toString()
        : blocker.getClass().getName();
  }

  /** Describes the holder in one line, as the log of a slow close does. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder(path).append(": ").append(name);
    if (!kind.isEmpty()) {
      line.append(" [").append(kind).append(']');
    }
    line.append(", inside for ").append(CloseReport.millis(age));
    if (!note.isEmpty()) {
      line.append(", \"").append(note).append('"');
    }
    if (!parkedOn.isEmpty()) {
      line.append(", parked on ").append(parkedOn);
    }
    if (!frames.isEmpty()) {
      line.append(frames.stream().map(StackTraceElement::toString).collect(Collectors.joining(" < ", ", at ", "")));
    }
    return line.toString();
  }
}
