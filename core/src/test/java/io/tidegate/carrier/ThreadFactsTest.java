// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.KnownJvm;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What can be seen of threads from outside, in the JVM and in the OS: names, stacks, states, CPU time. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD) // if a wait hangs
class ThreadFactsTest {
  private final AtomicBoolean runs = new AtomicBoolean();
  private final AtomicBoolean go = new AtomicBoolean();

  private volatile long sink;

  @AfterEach
  void ends() {
    go.set(true);
  }

  private void stay() {
    runs.set(true);
    while (!go.get()) {
      LockSupport.park(this);
    }
  }

  private void spin() {
    runs.set(true);
    while (!go.get()) {
      Thread.onSpinWait();
    }
  }

  private void release(Thread thread) {
    go.set(true);
    LockSupport.unpark(thread);
    Await.ended(thread);
  }

  // ---- names

  /** So a thread of a platform pool gives itself its name, at each body again. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void osName_ofARenamedThread_isChangedByTheThreadItselfOnly() {
    AtomicBoolean rename = new AtomicBoolean();
    Thread thread = Thread.ofPlatform().daemon().name("name-at-start").start(() -> {
      spinUntil(rename);
      Thread.currentThread().setName("by-itself");
      stay();
    });
    Await.until("started", () -> OsNames.ofThisProcess().contains("name-at-start"));
    thread.setName("by-another");
    assertTrue(OsNames.ofThisProcess().contains("name-at-start"));
    assertFalse(OsNames.ofThisProcess().contains("by-another"));
    rename.set(true);
    Await.until("renamed", runs::get);
    assertTrue(OsNames.ofThisProcess().contains("by-itself"));
    release(thread);
  }

  private static void spinUntil(AtomicBoolean condition) {
    while (!condition.get()) {
      Thread.onSpinWait();
    }
  }

  /** So the names of pools are short, and the number of the carrier comes last. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void osName_ofALongName_isCutAsExpected() {
    Thread thread = Thread.ofPlatform().daemon().name("0123456789abcdef-12345").start(this::stay);
    Await.until("started", runs::get);
    String expected = Runtime.version().feature() >= 26 ? "0123456..-12345" : "0123456789abcde";
    assertEquals(expected, OsNames.of(thread.getName()));
    assertTrue(OsNames.ofThisProcess().contains(expected), () -> OsNames.ofThisProcess().toString());
    release(thread);
  }

  // ---- what a thread does

  /** So a report of a slow close can say what its holders wait for, and a limit that it waits by its own clock. */
  @Test
  void parkedVirtualThread_tellsItsStackStateAndBlocker() {
    Thread thread = Thread.ofVirtual().start(this::stay);
    Await.until("parked", () -> LockSupport.getBlocker(thread) != null);
    Await.parked(thread);
    assertSame(this, LockSupport.getBlocker(thread));
    assertSame(Thread.State.WAITING, thread.getState());
    assertIn(thread, "stay");
    release(thread);
    Thread sleeper = Thread.ofVirtual().start(() -> LockSupport.parkNanos(Duration.ofDays(1).toNanos()));
    Await.until("waits by the clock", () -> sleeper.getState() == Thread.State.TIMED_WAITING);
    LockSupport.unpark(sleeper);
    Await.ended(sleeper);
  }

  @Test
  void virtualThreadAtAMonitor_isBlocked() {
    Object monitor = new Object();
    Thread thread;
    synchronized (monitor) {
      thread = Thread.ofVirtual().start(() -> {
        synchronized (monitor) {
          runs.set(true);
        }
      });
      Await.until("blocked", () -> thread.getState() == Thread.State.BLOCKED);
    }
    Await.ended(thread);
    assertTrue(runs.get());
  }

  /** So the report of a starved pool has the stacks of those that compute. */
  @Test
  void mountedVirtualThread_tellsItsStack() {
    Thread thread = Thread.ofVirtual().start(this::spin);
    Await.until("runs", runs::get);
    assertIn(thread, "spin");
    release(thread);
  }

  private static void assertIn(Thread thread, String method) {
    StackTraceElement[] stack = thread.getStackTrace();
    assertTrue(
        Arrays.stream(stack).anyMatch(frame -> frame.getMethodName().equals(method)), () -> Arrays.toString(stack));
  }

  @Test
  void virtualThread_isADaemon() {
    Thread thread = Thread.ofVirtual().unstarted(() -> {});
    assertTrue(thread.isDaemon());
  }

  // ---- CPU

  /** So a pool adds up the CPU time of its carriers, and not that of its threads. */
  @Test
  void cpuTime_isToldOfPlatformThreadsOnly() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    assertTrue(threads.isThreadCpuTimeSupported() && threads.isThreadCpuTimeEnabled());
    Thread virtual = Thread.ofVirtual().start(this::stay);
    Thread platform = Thread.ofPlatform().daemon().start(this::stay);
    Await.parked(virtual);
    Await.parked(platform);
    assertEquals(-1, threads.getThreadCpuTime(virtual.threadId()));
    assertTrue(threads.getThreadCpuTime(platform.threadId()) >= 0);
    release(virtual);
    release(platform);
    assertEquals(-1, threads.getThreadCpuTime(platform.threadId()));
  }

  /** So CPU can be told by kind of task without a flag. A stream of the same samples may know less, see CpuSampling. */
  @ParameterizedTest
  @CsvSource({"jdk.ExecutionSample, sampledThread", "jdk.CPUTimeSample, eventThread"})
  void samplesInAFinishedRecording_nameTheVirtualThread(String event, String field, @TempDir Path folder)
      throws IOException {
    assertEquals(event.equals("jdk.ExecutionSample") || KnownJvm.samplesCpuTime(), isSampled(event));
    boolean sampled = !isSampled(event);
    for (int round = 0; !sampled; round++) {
      Path file = folder.resolve(round + ".jfr");
      record(event, file);
      List<RecordedEvent> samples = RecordingFile.readAllEvents(file);
      assertTrue(samples.stream().noneMatch(sample -> sample.getThread(field) == null), samples::toString);
      sampled = samples.stream().map(sample -> sample.getThread(field)).anyMatch(ThreadFactsTest::isBurner);
    }
  }

  private static boolean isSampled(String event) {
    boolean known = FlightRecorder.getFlightRecorder().getEventTypes().stream()
        .anyMatch(type -> type.getName().equals(event));
    return known && (event.equals("jdk.ExecutionSample") || OS.LINUX.isCurrentOs());
  }

  private void record(String event, Path file) throws IOException {
    try (Recording recording = new Recording()) {
      recording.enable(event).with("period", "2 ms").with("throttle", "2 ms");
      recording.start();
      for (int i = 0; i < 4; i++) {
        Await.ended(Thread.ofVirtual().name("BURNS").start(this::burn));
      }
      recording.stop();
      recording.dump(file);
    }
  }

  private void burn() {
    long x = sink | 1;
    for (long i = 0; i < 20_000_000; i++) {
      x ^= x << 13;
      x ^= x >>> 7;
      x ^= x << 17;
    }
    sink = x;
  }

  private static boolean isBurner(RecordedThread thread) {
    return thread.isVirtual() && Objects.equals(thread.getJavaName(), "BURNS");
  }
}
