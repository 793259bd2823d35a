// SPDX-License-Identifier: Apache-2.0
package io.tidegate.inspect;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which task ran on which thread when: finds the task that a sample belongs to.
 *
 * <p>A recording hands its events out flush by flush, and those of different threads need not come in order: what
 * happened before an event comes in the same flush as that event, or in the next.
 *
 * <ul>
 *   <li>So a sample waits until the flush after its own, then it is settled: the starts and ends around it are known.
 *   <li>A run that has ended is kept for one flush more than that: a sample of it may be late itself.
 * </ul>
 *
 * <p>A virtual thread runs one task, a platform thread of a pool one after another. Not safe for use by several
 * threads.
 */
final class TaskRuns {
  /** The task is known to run since before the recording. */
  private static final Instant BEFORE = Instant.MIN;

  private final Totals totals;
  /** By the id of the thread, then by the start of the run. */
  private final Map<Long, NavigableMap<Instant, Run>> threads = new HashMap<>();
  private final Queue<Sample> waiting = new ArrayDeque<>();
  private final Queue<Run> ended = new ArrayDeque<>();
  /** When tasks have ended whose start is to come, by their ids. */
  private final Map<Long, Instant> endsAhead = new HashMap<>();
  private long flush;

  TaskRuns(Totals totals) {
    this.totals = totals;
  }

  /** Notes a task that was seen running when the recording had just begun. */
  void runsAlready(long threadId, long taskId, List<String> labels) {
    add(new Run(threadId, taskId, labels, BEFORE));
  }

  void started(long threadId, Instant at, long taskId, List<String> labels) {
    Run seen = of(threadId).get(BEFORE);
    if (seen != null && seen.taskId == taskId) { // it has started while the running ones were looked for
      of(threadId).remove(BEFORE);
    }
    Run run = new Run(threadId, taskId, labels, at);
    add(run);
    Instant end = endsAhead.remove(taskId);
    if (end != null) {
      end(run, end);
    }
  }

  private void add(Run run) {
    of(run.threadId).put(run.from, run);
  }

  private NavigableMap<Instant, Run> of(long threadId) {
    return threads.computeIfAbsent(threadId, id -> new TreeMap<>());
  }

  void ended(long threadId, Instant at, long taskId) {
    Run run = lastBefore(threadId, at);
    if (run != null && run.taskId == taskId) {
      end(run, at);
    } else {
      endsAhead.put(taskId, at);
    }
  }

  private void end(Run run, Instant at) {
    run.to = at;
    run.endedIn = flush;
    ended.add(run);
  }

  void sampled(long threadId, Instant at, long cpuNanos) {
    waiting.add(new Sample(threadId, at, cpuNanos, flush));
  }

  /** Tells that the events of another flush have all come: settles the samples of the one before, forgets old runs. */
  void flushed() {
    settleUntil(flush - 1);
    while (!ended.isEmpty() && ended.peek().endedIn + 2 <= flush) {
      forget(ended.remove());
    }
    flush++;
  }

  /** Tells that no more events come: settles all samples. */
  void finished() {
    settleUntil(flush);
  }

  private void settleUntil(long last) {
    while (!waiting.isEmpty() && waiting.peek().sampledIn <= last) {
      Sample sample = waiting.remove();
      Run run = lastBefore(sample.threadId, sample.at);
      totals.add(run == null || run.isOver(sample.at) ? null : run.labels, sample.cpuNanos);
    }
  }

  private @Nullable Run lastBefore(long threadId, Instant at) {
    NavigableMap<Instant, Run> runs = threads.get(threadId);
    Map.Entry<Instant, Run> last = runs == null ? null : runs.floorEntry(at);
    return last == null ? null : last.getValue();
  }

  private void forget(Run run) {
    NavigableMap<Instant, Run> runs = of(run.threadId);
    runs.remove(run.from, run);
    if (runs.isEmpty()) {
      threads.remove(run.threadId);
    }
  }

  /** How many runs are remembered. */
  int size() {
    return threads.values().stream().mapToInt(Map::size).sum();
  }

  private record Sample(long threadId, Instant at, long cpuNanos, long sampledIn) {}

  private static final class Run {
    final long threadId;
    final long taskId;
    final List<String> labels;
    final Instant from;
    @Nullable Instant to;
    long endedIn;

    Run(long threadId, long taskId, List<String> labels, Instant from) {
      this.threadId = threadId;
      this.taskId = taskId;
      this.labels = labels;
      this.from = from;
    }

    boolean isOver(Instant at) {
      return to != null && at.isAfter(to);
    }
  }
}
