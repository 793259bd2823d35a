// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.Logs;
import io.tidegate.ManualPool;
import io.tidegate.Scope;
import io.tidegate.SideThread;
import io.tidegate.Task;
import io.tidegate.TaskAction;
import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
final class TickerTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  /** Half a period before the first iteration; then no deviation. */
  private static final RandomGenerator HALF = () -> Long.MIN_VALUE;

  private final ManualPool pool = new ManualPool();
  private final Scope scope = Scope.root("root");
  private final Logs logs = Logs.of(Ticker.class);
  private final AtomicInteger ran = new AtomicInteger();
  private final AtomicReference<Duration> period = new AtomicReference<>(SECOND);
  private final Ticker ticker = Ticker.named("gc")
      .random(HALF)
      .backoff(Backoff.exponential(SECOND.multipliedBy(3), SECOND.multipliedBy(6)).withJitter(0))
      .disabledCheck(SECOND.multipliedBy(10))
      .every(period::get);

  @AfterEach
  void release() {
    scope.close();
    logs.close();
    pool.awaitAllEnded();
  }

  private Task<Void> start(TaskAction iteration) {
    Task<Void> task = scope.fork(pool, token -> {
      ticker.run(iteration, token);
      throw new AssertionError("returned");
    });
    pool.clock().awaitSleepers(1);
    return task;
  }

  /** Lets the loop wait exactly so long: nothing runs a nanosecond before. */
  private void expectAfter(Duration wait) {
    int before = ran.get();
    pool.clock().awaitSleepers(1);
    pool.clock().advance(wait.minusNanos(1));
    pool.clock().awaitSleepers(1);
    assertEquals(before, ran.get());
    pool.clock().advance(Duration.ofNanos(1));
    SideThread.until(() -> ran.get() == before + 1);
    SideThread.until(() -> ticker.iterations() == before + 1);
  }

  /** A random part of a period first, then a period from the end of one iteration to the next. */
  @Test
  void run_isByThePeriod() {
    start(token -> ran.incrementAndGet());
    expectAfter(SECOND.dividedBy(2));
    expectAfter(SECOND);
    expectAfter(SECOND);
    assertEquals(0, ticker.overruns());
    assertEquals(List.of(), logs.messages());
  }

  /** The jitter makes a period shorter or longer, by its part at most. */
  @Test
  void run_withJitter_isSpread() {
    RandomGenerator least = () -> 0;
    Ticker spread = Ticker.named("spread").random(least).jitter(0.1).every(SECOND);
    scope.spawn(pool, token -> spread.run(t -> ran.incrementAndGet(), token));
    SideThread.until(() -> spread.iterations() == 1); // no part of a period first
    pool.clock().awaitSleepers(1);
    pool.clock().advance(Duration.ofMillis(899));
    pool.clock().awaitSleepers(1);
    assertEquals(1, ran.get());
    pool.clock().advance(Duration.ofMillis(1));
    SideThread.until(() -> spread.iterations() == 2);
  }

  /** Loops that start together are spread over the period: no tenth of it gets twice its share. */
  @Test
  void run_manyStartedTogether_firstIterationsAreSpread() {
    int loops = 500;
    SplittableRandom seeds = new SplittableRandom(1);
    for (int i = 0; i < loops; i++) {
      Ticker each = Ticker.named("loop").random(seeds.split()).every(SECOND.multipliedBy(10));
      scope.spawn(pool, token -> each.run(t -> ran.incrementAndGet(), token));
    }
    pool.clock().awaitSleepers(loops);
    int share = loops / 10;
    for (int tenth = 1; tenth <= 9; tenth++) {
      int before = ran.get();
      pool.clock().advance(SECOND);
      pool.clock().awaitSleepers(loops);
      int ranNow = ran.get() - before;
      assertTrue(ranNow > share / 2 && ranNow < share * 2, "in tenth " + tenth + ": " + ranNow);
    }
  }

  /** A signal starts the next iteration at once. */
  @Test
  void signal_whileWaiting_wakes() {
    start(token -> ran.incrementAndGet());
    ticker.signal();
    SideThread.until(() -> ticker.iterations() == 1);
    expectAfter(SECOND);
  }

  /** A signal during an iteration is not lost: the next one follows at once. */
  @Test
  void signal_duringIteration_startsTheNext() {
    start(token -> {
      if (ran.incrementAndGet() == 1) {
        ticker.signal();
      }
    });
    pool.clock().advance(SECOND.dividedBy(2));
    SideThread.until(() -> ticker.iterations() == 2);
    expectAfter(SECOND);
  }

  /** A signal before the loop has started is not lost. */
  @Test
  void signal_beforeRun_startsTheFirst() {
    ticker.signal();
    start(token -> ran.incrementAndGet());
    SideThread.until(() -> ticker.iterations() == 1);
  }

  /** After failures the loop backs off, signals or not; after a success it is back to its period. */
  @Test
  void run_failures_backOff() {
    start(token -> {
      if (ran.incrementAndGet() <= 3) {
        throw new IOException("disk");
      }
    });
    expectAfter(SECOND.dividedBy(2));
    assertEquals(1, ticker.failures());
    ticker.signal(); // stays until the back-off is over
    expectAfter(SECOND.multipliedBy(3));
    expectAfter(SECOND.multipliedBy(6));
    expectAfter(SECOND.multipliedBy(6));
    assertEquals(0, ticker.failures());
    expectAfter(SECOND);
    assertEquals(
        List.of(
            "ERROR gc failed 1 times in a row, trying again in PT3S",
            "ERROR gc failed 2 times in a row, trying again in PT6S",
            "ERROR gc failed 3 times in a row, trying again in PT6S"),
        logs.messages());
  }

  /** A cancel of something else, or a close, is no failure: the loop goes on by its period. */
  @Test
  void run_iterationCutOff_goesOn() {
    CancellationToken timeline = CancellationToken.create();
    timeline.cancel();
    start(token -> {
      ran.incrementAndGet();
      timeline.throwIfCancelled();
    });
    expectAfter(SECOND.dividedBy(2));
    expectAfter(SECOND);
    assertEquals(0, ticker.failures());
    String line = logs.messages().getFirst();
    assertTrue(line.startsWith("INFO an iteration of gc was cut off: "), line);
  }

  @Test
  void run_closedException_goesOn() {
    start(token -> {
      ran.incrementAndGet();
      throw new ClosedException("queue is closed");
    });
    expectAfter(SECOND.dividedBy(2));
    assertEquals(0, ticker.failures());
  }

  /** Disabled, it looks again later, and when told to; a signal stays until it is enabled. */
  @Test
  void run_disabled_looksAgain() {
    period.set(Duration.ZERO);
    start(token -> ran.incrementAndGet());
    ticker.signal();
    pool.clock().advance(SECOND.multipliedBy(10));
    pool.clock().awaitSleepers(1);
    assertEquals(0, ran.get());
    period.set(SECOND);
    pool.clock().advance(SECOND.multipliedBy(10));
    SideThread.until(() -> ticker.iterations() == 1);
    expectAfter(SECOND);
  }

  /** A new period counts from the last iteration, at once when the loop is told of it. */
  @Test
  void reconfigured_whileWaiting_takesTheNewPeriod() {
    start(token -> ran.incrementAndGet());
    expectAfter(SECOND.dividedBy(2));
    period.set(SECOND.multipliedBy(5));
    ticker.reconfigured();
    expectAfter(SECOND.multipliedBy(5));
    pool.clock().awaitSleepers(1); // it has asked for the period that it waits by
    period.set(SECOND);
    expectAfter(SECOND.multipliedBy(5));
    expectAfter(SECOND);
  }

  /** A shorter period that is over already starts the iteration at once. */
  @Test
  void reconfigured_toWhatIsOver_runsAtOnce() {
    period.set(SECOND.multipliedBy(100));
    start(token -> ran.incrementAndGet());
    pool.clock().advance(SECOND.multipliedBy(10));
    pool.clock().awaitSleepers(1);
    period.set(SECOND);
    ticker.reconfigured();
    SideThread.until(() -> ticker.iterations() == 1);
  }

  /** G5's manner: an iteration that overruns is told of each period while it runs, at its end, and is counted. */
  @Test
  void run_overrun_isToldEachPeriod() throws Exception {
    CountDownLatch mayEnd = new CountDownLatch(1);
    start(token -> {
      ran.incrementAndGet();
      mayEnd.await();
    });
    pool.clock().advance(SECOND.dividedBy(2));
    for (int i = 1; i <= 2; i++) {
      pool.clock().awaitSleepers(1); // the watch
      pool.clock().advance(SECOND);
      int lines = i;
      SideThread.until(() -> logs.messages().size() == lines);
    }
    mayEnd.countDown();
    SideThread.until(() -> ticker.overruns() == 1);
    SideThread.until(() -> logs.messages().size() == 3);
    assertEquals(
        List.of(
            "INFO an iteration of gc is still running after PT1S",
            "INFO an iteration of gc is still running after PT2S",
            "INFO an iteration of gc took PT2S, longer than its period of PT1S"),
        logs.messages());
    pool.clock().awaitSleepers(1); // the loop alone: nothing is left of the watch
  }

  /** A cancel ends the wait. */
  @Test
  void run_cancelledWhileWaiting_ends() throws Exception {
    Task<Void> task = start(token -> ran.incrementAndGet());
    task.cancel("test");
    task.join();
    assertEquals(Task.State.CANCELLED, task.state());
    assertEquals(0, ran.get());
  }

  /** What an iteration throws because of the cancel comes along, and is no failure. */
  @Test
  void run_cancelledInIteration_ends() throws Exception {
    IOException closed = new IOException("socket closed");
    Task<Void> task = start(token -> {
      ran.incrementAndGet();
      token.awaitCancelled();
      throw closed;
    });
    pool.clock().advance(SECOND.dividedBy(2));
    SideThread.until(() -> ran.get() == 1);
    task.cancel("test");
    task.join();
    assertEquals(Task.State.CANCELLED, task.state());
    assertSame(closed, task.exception().orElseThrow().getSuppressed()[0]);
    assertEquals(0, ticker.failures());
    assertEquals(List.of(), logs.messages());
  }

  @Test
  void run_twice_isRefused() throws Exception {
    Task<Void> task = start(token -> ran.incrementAndGet());
    IllegalStateException refused = assertThrows(
        IllegalStateException.class, () -> ticker.run(token -> ran.incrementAndGet(), CancellationToken.none()));
    assertTrue(refused.toString().contains("ticker gc"), refused::toString);
    task.cancel("test");
    task.join();
    CancellationToken cancelled = CancellationToken.create();
    cancelled.cancel();
    assertThrows(CancelledException.class, () -> ticker.run(token -> ran.incrementAndGet(), cancelled));
  }

  @Test
  void builder_unfitValues_areRefused() {
    assertThrows(IllegalArgumentException.class, () -> Ticker.named("x").jitter(2));
    assertThrows(IllegalArgumentException.class, () -> Ticker.named("x").disabledCheck(Duration.ZERO));
  }
}
