// SPDX-License-Identifier: Apache-2.0
package io.tidegate.inspect;

import io.tidegate.AttributeKey;
import io.tidegate.Scope;
import io.tidegate.Task;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingStream;

/**
 * Estimates who uses the CPU, by kind of task and by attribute of their scopes, from samples of JDK Flight Recorder.
 * For tasks in pools of every kind, without a flag of the {@code java} command; {@link #close} switches it off.
 *
 * {@snippet class="io.tidegate.inspect.CpuSamplingTest" region="sampling"}
 *
 * <p>The samples are {@code jdk.CPUTimeSample} where the JVM has them, JDK 25 and later on Linux: each stands for the
 * CPU time that its thread has used since the last, native code included; the kernel's timer makes short periods
 * longer. Elsewhere they are {@code jdk.ExecutionSample}: each stands for a period of real time, in which its thread
 * was seen in Java code. These leave out native code, count a thread that is ready but has no processor, and catch
 * only a few threads a period: where more run, the times are too low. {@link CpuShares#event} says which.
 *
 * <p>Tasks tell their starts and ends to the same recording, by the events {@code io.tidegate.TaskStart} and
 * {@code io.tidegate.TaskEnd}; these are off in other recordings unless they are enabled there by name. A sample on
 * the task's thread between these two is the task's. Threads that a task has started count outside of tasks, as visits
 * and the JVM's own Java threads do; the threads of the compiler and the garbage collector are not sampled.
 *
 * <p><b>Cost:</b> nothing while none is open. While one is: two events a task, together about a microsecond, a sample
 * per period and running thread, the JDK's threads that write and read the recording, and its files in the directory
 * for temporary files; in memory, the tasks that run, those of the last seconds, and a row for each value of an
 * attribute.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 *
 * <p><b>Not promised:</b> exactness. Of n samples the error is about the root of n, and what runs for less than a
 * period is seen by chance. Another recording in the same JVM with a shorter period makes the times of {@code
 * jdk.ExecutionSample} too long.
 *
 * <p><b>Samples without a thread</b> are a row of their own, {@code (unknown)}. They are of virtual threads. The JDK
 * notes who such a thread is when it samples it first, and keeps the note in memory until a buffer is full or a part of
 * the recording ends; what reads along, as this does, gets the samples of each second, but these notes only when they
 * happen to have been written. So for whole seconds those threads are unknown that are not in a note from before:
 * threads that are young. Tasks that run for long are hardly ever among them, short ones may be for half of their
 * samples: where the row is large, compare short tasks with short ones only. In a recording that is read from its file,
 * after its end, every sample has its thread.
 *
 * <p><b>Samples that were lost</b>, as the JDK tells them by {@code jdk.CPUTimeSamplesLost}, are {@link
 * CpuShares#lost}. It drops them where a thread does not come to a point at which its stack can be read before the
 * next ones are due, most of all on a machine that is loaded. Of {@code jdk.ExecutionSample} no loss is told.
 */
public final class CpuSampling implements AutoCloseable {
  private static final String NONE = "(none)";
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofSeconds(1);
  /** The JDK flushes once a second, and tells it more than once. */
  private static final long BETWEEN_FLUSHES = TimeUnit.MILLISECONDS.toNanos(500);

  private final SampleEvent event;
  private final Duration period;
  private final List<AttributeKey<?>> attributes;
  private final RecordingStream stream = new RecordingStream();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Object lock = new Object();
  /** These guarded by the lock. */
  private final Totals totals;

  private final TaskRuns runs;
  private long lost;
  private long flushedNanos = System.nanoTime();

  private CpuSampling(SampleEvent event, Duration period, List<AttributeKey<?>> attributes) {
    this.event = event;
    this.period = period;
    this.attributes = attributes;
    this.totals = new Totals(1 + attributes.size());
    this.runs = new TaskRuns(totals);
  }

  /**
   * Begins to sample. Tasks of all scopes of the process are seen if they start from now on; of those that run
   * already, those in the subtree of a scope are.
   *
   * @param root the scope whose running tasks are looked for
   * @param period the time between two samples of a thread, 1 ms to 1 s, in whole milliseconds
   * @param attributes the attributes to have tables of
   * @return a sampling that goes on until it is closed
   * @throws IllegalArgumentException if the period is out of range
   * @throws IllegalStateException if the JVM has no Flight Recorder, or cannot start it
   */
  public static CpuSampling start(Scope root, Duration period, AttributeKey<?>... attributes) {
    return start(SampleEvent.best(), root, period, attributes);
  }

  static CpuSampling start(SampleEvent event, Scope root, Duration period, AttributeKey<?>... attributes) {
    if (period.compareTo(SHORTEST) < 0 || period.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("period " + period + " is not 1 ms to 1 s");
    }
    CpuSampling sampling = new CpuSampling(event, period, List.of(attributes));
    try {
      sampling.begin(root);
    } catch (Throwable thrown) {
      sampling.stream.close();
      throw thrown;
    }
    return sampling;
  }

  private void begin(Scope root) {
    event.enable(stream, period);
    stream.enable("io.tidegate.TaskStart");
    stream.enable("io.tidegate.TaskEnd");
    stream.onEvent(event.eventName(), this::sampled);
    event.onLoss(stream, this::lost);
    stream.onEvent("io.tidegate.TaskStart", this::started);
    stream.onEvent("io.tidegate.TaskEnd", this::ended);
    stream.onFlush(this::flushed);
    synchronized (lock) { // the events wait until the running tasks are known
      stream.startAsync();
      root.tasks().forEach(this::runsAlready);
    }
  }

  private void runsAlready(Task<?> task) {
    task.threadId().ifPresent(threadId -> runs.runsAlready(threadId, task.id(), labels(task)));
  }

  private List<String> labels(Task<?> task) {
    Stream<String> values =
        attributes.stream()
            .map(key -> task.scope().attribute(key).map(value -> value.toString().replace('\n', ' ')).orElse(NONE));
    return Stream.concat(Stream.of(task.kind().name()), values).toList();
  }

  private List<String> labels(RecordedEvent start) {
    List<String> lines = start.getString("attributes").lines().toList();
    Stream<String> values = attributes.stream().map(key -> value(lines, key.name() + '='));
    return Stream.concat(Stream.of(start.getString("kind")), values).toList();
  }

  private static String value(List<String> lines, String prefix) {
    return lines.stream()
        .filter(line -> line.startsWith(prefix))
        .findFirst()
        .map(line -> line.substring(prefix.length()))
        .orElse(NONE);
  }

  private void sampled(RecordedEvent sample) {
    RecordedThread thread = event.thread(sample);
    long cpuNanos = event.cpuNanos(sample, period);
    synchronized (lock) {
      if (thread == null) {
        totals.addUnknown(cpuNanos);
      } else {
        runs.sampled(thread.getJavaThreadId(), sample.getStartTime(), cpuNanos);
      }
    }
  }

  private void lost(long samples) {
    synchronized (lock) {
      lost += samples;
    }
  }

  private void started(RecordedEvent start) {
    synchronized (lock) {
      runs.started(start.getLong("javaThreadId"), start.getStartTime(), start.getLong("taskId"), labels(start));
    }
  }

  private void ended(RecordedEvent end) {
    synchronized (lock) {
      runs.ended(end.getLong("javaThreadId"), end.getStartTime(), end.getLong("taskId"));
    }
  }

  private void flushed() {
    synchronized (lock) {
      long now = System.nanoTime();
      if (now - flushedNanos >= BETWEEN_FLUSHES) {
        flushedNanos = now;
        runs.flushed();
      }
    }
  }

  /**
   * {@return what the samples say so far}
   * A sample is counted about two seconds after it was taken; after {@link #close} all are.
   */
  public CpuShares shares() {
    synchronized (lock) {
      Map<AttributeKey<?>, List<CpuShare>> tables = new LinkedHashMap<>();
      for (int i = 0; i < attributes.size(); i++) {
        tables.put(attributes.get(i), totals.table(i + 1));
      }
      return new CpuShares(event.eventName(), period, lost, totals.table(0), tables);
    }
  }

  /**
   * Ends the sampling, and its recording. Blocks until the samples that were taken are counted, which is a matter of a
   * second; no cancel ends that. Where the JDK gives up the wait for an interrupt, the last samples may be missing. A
   * second call does nothing.
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      stream.stop();
      stream.close();
      synchronized (lock) {
        runs.finished();
      }
    }
  }
}
