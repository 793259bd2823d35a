// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait after failures in a row: longer after each, up to a limit, and not the same for all.
 *
 * <p>After the {@code n}-th failure it is {@code first * factor^(n-1)}, at most {@code longest}, less a random part of
 * at most {@code jitter} of it. It is a value: whoever retries counts the failures, and forgets them after a success.
 *
 * @param first how long after the first failure
 * @param longest the limit
 * @param factor what each further failure multiplies the time by, at least 1
 * @param jitter which part of the time is random, 0 to 1
 */
public record Backoff(Duration first, Duration longest, double factor, double jitter) {
  private static final Duration LARGEST = Duration.ofNanos(Long.MAX_VALUE);

  /**
   * Makes a backoff.
   *
   * @throws IllegalArgumentException if a value is out of its range, or {@code first} is longer than {@code longest}
   */
  public Backoff {
    if (first.isNegative() || first.compareTo(longest) > 0 || longest.compareTo(LARGEST) > 0) {
      throw new IllegalArgumentException("backoff from " + first + " to " + longest);
    }
    if (!(factor >= 1) || Double.isInfinite(factor) || !(jitter >= 0 && jitter <= 1)) {
      throw new IllegalArgumentException("backoff with factor " + factor + " and jitter " + jitter);
    }
  }

  /**
   * {@return a backoff that doubles with each failure, a fifth of which is random}
   *
   * @param first how long after the first failure
   * @param longest the limit
   * @throws IllegalArgumentException if {@code first} is negative, or longer than {@code longest}
   */
  public static Backoff exponential(Duration first, Duration longest) {
    return new Backoff(first, longest, 2, 0.2);
  }

  /**
   * {@return the same with another factor}
   *
   * @param newFactor what each further failure multiplies the time by, at least 1
   */
  public Backoff withFactor(double newFactor) {
    return new Backoff(first, longest, newFactor, jitter);
  }

  /**
   * {@return the same with another random part}
   *
   * @param newJitter which part of the time is random, 0 to 1
   */
  public Backoff withJitter(double newJitter) {
    return new Backoff(first, longest, factor, newJitter);
  }

  /**
   * {@return how long to wait now, the random part as the calling thread has it} In a simulation the seed determines it.
   *
   * @param failures how many failures there were in a row; after none it is zero
   * @throws IllegalArgumentException if {@code failures} is negative
   */
  public Duration delay(int failures) {
    return delay(failures, Simulator.random());
  }

  /**
   * {@return how long to wait now}
   *
   * @param failures how many failures there were in a row; after none it is zero
   * @param random where the random part comes from
   * @throws IllegalArgumentException if {@code failures} is negative
   */
  public Duration delay(int failures, RandomGenerator random) {
    if (failures < 0) {
      throw new IllegalArgumentException(failures + " failures");
    }
    if (failures == 0) {
      return Duration.ZERO;
    }
    double nanos = Math.min((double) first.toNanos() * Math.pow(factor, failures - 1), (double) longest.toNanos());
    return Duration.ofNanos((long) (nanos * (1 - jitter * random.nextDouble())));
  }
}
