// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.List;

/**
 * What one carrier of a pool runs at one moment.
 *
 * @param carrier the name of the OS thread
 * @param name the name under which it was started, a task's kind; of a virtual thread its id as well, as thread dumps
 *     show it
 * @param frames the top frames of its stack
 */
public record Occupant(String carrier, String name, List<StackTraceElement> frames) {
  private static final int FRAMES = 8;

  /** Copies the frames. */
  public Occupant {
    frames = List.copyOf(frames);
  }

  static Occupant of(Carrier carrier, String name, Thread running) {
    List<StackTraceElement> frames = List.of(running.getStackTrace()).stream().limit(FRAMES).toList();
    return new Occupant(carrier.thread().getName(), name, frames);
  }

  /** Describes it in several lines: who, and the frames. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(carrier).append(" runs ").append(name);
    frames.forEach(frame -> text.append("\n    at ").append(frame));
    return text.toString();
  }
}
