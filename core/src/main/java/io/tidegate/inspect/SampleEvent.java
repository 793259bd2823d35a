// SPDX-License-Identifier: Apache-2.0
package io.tidegate.inspect;

import java.time.Duration;
import java.util.function.LongConsumer;
import jdk.jfr.EventSettings;
import jdk.jfr.FlightRecorder;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingStream;
import org.jspecify.annotations.Nullable;

/** The events of the JDK that sample running threads: how each is switched on, and what its samples say. */
enum SampleEvent {
  /** A thread has used up another period of CPU time; JDK 25 on Linux. */
  CPU_TIME("jdk.CPUTimeSample", "eventThread") {
    @Override
    void setPeriod(EventSettings settings, Duration period) {
      settings.with("throttle", period.toMillis() + " ms");
    }

    @Override
    long cpuNanos(RecordedEvent sample, Duration period) {
      return sample.getDuration("samplingPeriod").toNanos();
    }

    @Override
    void onLoss(RecordingStream stream, LongConsumer lost) {
      stream.enable("jdk.CPUTimeSamplesLost");
      stream.onEvent("jdk.CPUTimeSamplesLost", loss -> lost.accept(loss.getInt("lostSamples")));
    }
  },
  /** A thread was seen running Java code when another period of real time was over. */
  EXECUTION("jdk.ExecutionSample", "sampledThread") {
    @Override
    void setPeriod(EventSettings settings, Duration period) {
      settings.withPeriod(period);
    }

    @Override
    long cpuNanos(RecordedEvent sample, Duration period) {
      return period.toNanos();
    }
  };

  private final String eventName;
  private final String threadField;

  SampleEvent(String eventName, String threadField) {
    this.eventName = eventName;
    this.threadField = threadField;
  }

  /** {@return the best one that this JVM has} */
  static SampleEvent best() {
    boolean linux = "Linux".equals(System.getProperty("os.name")); // elsewhere the type is there, and never sampled
    return linux && CPU_TIME.isKnown() ? CPU_TIME : EXECUTION;
  }

  private boolean isKnown() {
    return FlightRecorder.getFlightRecorder().getEventTypes().stream()
        .anyMatch(type -> type.getName().equals(eventName));
  }

  String eventName() {
    return eventName;
  }

  void enable(RecordingStream stream, Duration period) {
    setPeriod(stream.enable(eventName).withoutStackTrace(), period);
  }

  abstract void setPeriod(EventSettings settings, Duration period);

  /** Has it told how many samples the JDK has dropped, each time that it says so; of some events it does not. */
  void onLoss(RecordingStream stream, LongConsumer lost) {}

  /** The thread that was sampled, if the recording knows it. */
  @Nullable RecordedThread thread(RecordedEvent sample) {
    return sample.getThread(threadField);
  }

  /** The CPU time that a sample stands for. */
  abstract long cpuNanos(RecordedEvent sample, Duration period);
}
