// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import io.tidegate.TaskAction;
import io.tidegate.Waiter;
import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A background loop: does something again and again, by a period, in the task that calls {@link #run}.
 *
 * {@snippet class="io.tidegate.sync.Snippets" region="ticker"}
 *
 * <ul>
 *   <li><b>Period:</b> the time from the end of one iteration to the start of the next, more or less a random part of
 *       it, the {@linkplain Builder#jitter jitter}. The first iteration comes after a random part of a period, so that
 *       loops that are started together do not run together.
 *   <li><b>Reconfiguration:</b> the period is asked for before each wait, and after {@link #reconfigured}. One of zero
 *       or less disables the loop: it looks again {@linkplain Builder#disabledCheck from time to time}.
 *   <li><b>Signal:</b> {@link #signal} has the next iteration come at once. One that comes while an iteration runs
 *       counts for the next; one that comes while the loop is disabled or backs off stays until that is over.
 *   <li><b>Failure:</b> after an exception, the next iteration comes after a {@link Backoff} by the number of failures
 *       in a row, instead of the period. It is logged at ERROR. A cancel or a close that is not this loop's own is no
 *       failure: it is logged at INFO, and the loop goes on. An interrupt and an {@link Error} end the loop.
 *   <li><b>Overrun:</b> an iteration that takes longer than the period is logged at INFO each period while it runs, and
 *       at its end, and is counted.
 * </ul>
 *
 * <p>The wait for the next iteration is woken by {@link #signal} and {@link #reconfigured}, and ended by a cancel.
 *
 * <p><b>Threads:</b> {@code run} is for one thread at a time; all else for any.
 *
 * <p><b>Memory consistency effects:</b> what a thread does before {@link #signal} <i>happens-before</i> the next
 * iteration.
 */
public final class Ticker {
  private static final Logger log = LoggerFactory.getLogger(Ticker.class);

  /*
   *   signalled      any thread sets it; the loop clears it right before an iteration
   *   reconfigured   any thread sets it; the loop clears it right before it asks for the period
   *   sleeper        the loop's waiter, while it runs
   *
   * I1  Each flag is cleared before what it stands for is looked at: a signal that comes during an iteration, and a
   *     change that comes after the period was read, find the flag clear, and set it for the next look.
   * I2  A signal is taken only where it may start an iteration: not while disabled, not while backing off.
   *
   * No lost wake-up: the loop publishes its waiter, then looks at the flags, then parks; who sets a flag sets it, then
   * looks for the waiter, then wakes it (all volatile). Twin: TickerSignalRaceTest.
   */
  private final String name;
  private final Supplier<Duration> period;
  private final Backoff backoff;
  private final double jitter;
  private final Duration disabledCheck;
  private final @Nullable RandomGenerator random;

  private final AtomicBoolean running = new AtomicBoolean();
  private final AtomicLong iterations = new AtomicLong();
  private final AtomicLong overruns = new AtomicLong();
  private final AtomicInteger failures = new AtomicInteger();
  private volatile boolean signalled;
  private volatile boolean reconfigured;
  private volatile @Nullable Waiter sleeper;

  private Ticker(Builder builder, Supplier<Duration> period) {
    this.name = builder.name;
    this.period = period;
    this.backoff = builder.backoff;
    this.jitter = builder.jitter;
    this.disabledCheck = builder.disabledCheck;
    this.random = builder.random;
  }

  /**
   * {@return what makes a ticker}
   *
   * @param name what the loop does, for messages
   */
  public static Builder named(String name) {
    return new Builder(Objects.requireNonNull(name, "name"));
  }

  /**
   * Runs iterations in the calling thread until it is cancelled: it never returns.
   *
   * @param iteration what to do each time; it gets the token
   * @param token ends the loop: its waits at once, an iteration when that looks at it
   * @throws IllegalStateException if it runs in another thread already
   * @throws io.tidegate.CancelledException if the token, or the calling task's own, is cancelled, with what an
   *     iteration threw meanwhile as suppressed
   * @throws InterruptedException if the thread is interrupted
   */
  public void run(TaskAction iteration, CancellationToken token) throws InterruptedException {
    Objects.requireNonNull(iteration, "iteration");
    Waiter waiter = Waiter.on(this, token);
    if (!running.compareAndSet(false, true)) {
      throw new IllegalStateException(this + " runs in another thread");
    }
    sleeper = waiter;
    try {
      loop(iteration, waiter, token);
    } finally {
      sleeper = null;
      running.set(false);
    }
  }

  private void loop(TaskAction iteration, Waiter waiter, CancellationToken token) throws InterruptedException {
    double share = random().nextDouble();
    Duration pause = Duration.ZERO;
    while (true) {
      Duration current = awaitNext(waiter, share, pause);
      share = 1 + jitter * (2 * random().nextDouble() - 1);
      pause = iterate(iteration, waiter, current, token);
    }
  }

  /** Waits until an iteration is due; answers the period that holds then. */
  private Duration awaitNext(Waiter waiter, double share, Duration pause) throws InterruptedException {
    PoolClock clock = Waiter.clock();
    long sinceNanos = clock.nanoTime();
    while (true) {
      reconfigured = false;
      Simulator.step("is about to ask for the period");
      Duration current = period.get();
      boolean disabled = isDisabled(current);
      boolean takesSignals = !disabled && pause.isZero();
      Duration whole = takesSignals ? scaled(current, share) : pause;
      Duration wait = disabled ? disabledCheck : whole.minusNanos(clock.nanoTime() - sinceNanos);
      boolean woken = waiter.await(wait, () -> reconfigured || (takesSignals && signalled));
      if (!disabled && (!woken || (takesSignals && signalled))) {
        return current;
      }
    }
  }

  /** Runs one iteration; answers how long to back off after it, zero if it did not fail. */
  private Duration iterate(TaskAction iteration, Waiter waiter, Duration current, CancellationToken token)
      throws InterruptedException {
    signalled = false;
    Simulator.step("has taken the signal of a ticker");
    PoolClock clock = Waiter.clock();
    long startNanos = clock.nanoTime();
    OverrunWatch watch = OverrunWatch.start(name, current);
    try {
      iteration.run(token);
      failures.set(0);
      return Duration.ZERO;
    } catch (Exception thrown) {
      Outcome.throwIfCancelled(waiter, thrown);
      return afterFailure(thrown);
    } finally {
      watch.end();
      iterations.incrementAndGet();
      tellOverrun(Duration.ofNanos(clock.nanoTime() - startNanos), current);
    }
  }

  private Duration afterFailure(Exception thrown) throws InterruptedException {
    if (thrown instanceof InterruptedException interrupt) {
      throw interrupt;
    }
    if (Outcome.isEnd(thrown)) {
      log.info("an iteration of {} was cut off: {}", name, thrown.toString());
      return Duration.ZERO;
    }
    int count = failures.incrementAndGet();
    Duration pause = backoff.delay(count, random());
    log.error("{} failed {} times in a row, trying again in {}", name, count, pause, thrown);
    return pause.isZero() ? Duration.ofNanos(1) : pause;
  }

  private void tellOverrun(Duration took, Duration current) {
    if (took.compareTo(current) > 0) {
      overruns.incrementAndGet();
      log.info("an iteration of {} took {}, longer than its period of {}", name, took, current);
    }
  }

  /** Has the next iteration come at once, unless the loop is disabled or backs off. Never blocks. */
  public void signal() {
    signalled = true;
    wake();
  }

  /** Has the loop ask for its period now, if it waits, and wait by the new one. Never blocks. */
  public void reconfigured() {
    reconfigured = true;
    wake();
  }

  private void wake() {
    Simulator.step("is about to wake a ticker");
    Waiter waiting = sleeper;
    if (waiting != null) {
      waiting.wake();
    }
  }

  /** {@return how many iterations have ended, however they did} */
  public long iterations() {
    return iterations.get();
  }

  /** {@return how many of them took longer than the period} */
  public long overruns() {
    return overruns.get();
  }

  /** {@return how many iterations in a row have failed; 0 after a success} */
  public int failures() {
    return failures.get();
  }

  private static boolean isDisabled(Duration current) {
    return current.isZero() || current.isNegative();
  }

  private static Duration scaled(Duration whole, double share) {
    return Duration.ofNanos((long) ((double) whole.toNanos() * share));
  }

  private RandomGenerator random() {
    return random != null ? random : Simulator.random();
  }

  @Override
  public String toString() {
    return "ticker " + name + " (" + iterations + " iterations, " + failures + " failures in a row)";
  }

  /** Makes a {@link Ticker}. For one thread. */
  public static final class Builder {
    private final String name;
    private Backoff backoff = Backoff.exponential(Duration.ofSeconds(1), Duration.ofMinutes(5));
    private double jitter = 0.05;
    private Duration disabledCheck = Duration.ofSeconds(10);
    private @Nullable RandomGenerator random;

    private Builder(String name) {
      this.name = name;
    }

    /**
     * Sets the pauses after failures, from one second up to five minutes if not set.
     *
     * @param pauses the pauses
     * @return this builder
     */
    public Builder backoff(Backoff pauses) {
      backoff = Objects.requireNonNull(pauses, "pauses");
      return this;
    }

    /**
     * Sets which part of a period is random, 0.05 if not set.
     *
     * @param part a period is longer or shorter by at most that part of it, 0 to 1
     * @return this builder
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder jitter(double part) {
      if (!(part >= 0 && part <= 1)) {
        throw new IllegalArgumentException("jitter of " + name + ": " + part);
      }
      jitter = part;
      return this;
    }

    /**
     * Sets how long a disabled loop waits before it asks for its period again, ten seconds if not set.
     *
     * @param time how long
     * @return this builder
     * @throws IllegalArgumentException if it is not positive
     */
    public Builder disabledCheck(Duration time) {
      if (isDisabled(time)) {
        throw new IllegalArgumentException("disabled check of " + name + ": " + time);
      }
      disabledCheck = time;
      return this;
    }

    /**
     * Sets the source of chance, that of the calling thread if not set.
     *
     * @param source used by the thread that runs the loop
     * @return this builder
     */
    public Builder random(RandomGenerator source) {
      random = Objects.requireNonNull(source, "source");
      return this;
    }

    /**
     * {@return a new ticker with a fixed period}
     *
     * @param period the period; zero or less disables the loop
     */
    public Ticker every(Duration period) {
      Objects.requireNonNull(period, "period");
      return every(() -> period);
    }

    /**
     * {@return a new ticker whose period may change}
     *
     * @param period asked by the thread that runs the loop; zero or less disables it. What it throws ends the loop
     */
    public Ticker every(Supplier<Duration> period) {
      return new Ticker(this, Objects.requireNonNull(period, "period"));
    }
  }
}
