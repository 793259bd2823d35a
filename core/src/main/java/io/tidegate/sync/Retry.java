// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.TaskBody;
import io.tidegate.Waiter;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Tries again what has failed, after a {@link Backoff}, until it succeeds, fails for good, or is to stop.
 *
 * {@snippet class="io.tidegate.sync.Snippets" region="retry"}
 *
 * <p>The token is looked at before each attempt and during each pause. An attempt that runs is not ended by it: that is
 * up to the operation, which gets the token.
 *
 * <p><b>A cancel is no failure.</b> It is neither counted nor logged as one, and there is no further attempt. That
 * holds for whatever the operation throws while the token is cancelled, and else for a {@link CancelledException}, a
 * {@link io.tidegate.ClosedException} and an interrupt. A deadline of the operation's own is a failure like another. An
 * {@link Error} is thrown on at once.
 *
 * <p><b>Logs</b>, under the name of this class: a failed attempt at INFO, from the {@link #warnFrom}-th on at WARN;
 * giving up at WARN; a success after failures at INFO. The operation's exceptions come along as text; the last one is
 * thrown.
 *
 * <p>A retry is a value: its methods return changed copies. <b>Threads:</b> safe for use by any thread, by many at a
 * time.
 */
public final class Retry {
  private static final Logger log = LoggerFactory.getLogger(Retry.class);

  private final String what;
  private final Backoff backoff;
  private final int attempts;
  private final int warnFrom;
  private final Predicate<? super Exception> permanent;
  /** Null for that of the calling thread. */
  private final @Nullable RandomGenerator random;

  private Retry(
      String what,
      Backoff backoff,
      int attempts,
      int warnFrom,
      Predicate<? super Exception> permanent,
      @Nullable RandomGenerator random) {
    this.what = what;
    this.backoff = backoff;
    this.attempts = attempts;
    this.warnFrom = warnFrom;
    this.permanent = permanent;
    this.random = random;
  }

  /**
   * {@return a retry without end, which warns from the third failure on and takes no failure for permanent}
   *
   * @param what what is tried, for the log: "connecting to the source"
   * @param backoff the pauses
   */
  public static Retry of(String what, Backoff backoff) {
    return new Retry(
        Objects.requireNonNull(what, "what"),
        Objects.requireNonNull(backoff, "backoff"),
        Integer.MAX_VALUE,
        3,
        failure -> false,
        null);
  }

  /**
   * {@return the same with a limit}
   *
   * @param limit how often to try at most, the first time included
   * @throws IllegalArgumentException if that is less than 1
   */
  public Retry attempts(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException(what + ": " + limit + " attempts");
    }
    return new Retry(what, backoff, limit, warnFrom, permanent, random);
  }

  /**
   * {@return the same with another threshold for warnings}
   *
   * @param failures the first failure in a row that is logged at WARN
   */
  public Retry warnFrom(int failures) {
    return new Retry(what, backoff, attempts, failures, permanent, random);
  }

  /**
   * {@return the same with a test for failures that no further attempt can mend}
   *
   * @param test says whether to give up at once; called in the thread that tries
   */
  public Retry permanent(Predicate<? super Exception> test) {
    return new Retry(what, backoff, attempts, warnFrom, Objects.requireNonNull(test, "test"), random);
  }

  /**
   * {@return the same with a source of chance for the pauses}
   *
   * @param source to be used by one thread at a time, unless it is safe for more
   */
  public Retry random(RandomGenerator source) {
    return new Retry(what, backoff, attempts, warnFrom, permanent, Objects.requireNonNull(source, "source"));
  }

  /**
   * Runs an operation until it succeeds; waits between the attempts.
   *
   * @param operation what to try, in the calling thread
   * @param token ends the pauses, and prevents further attempts; the operation gets it
   * @param <T> the type of the result
   * @return what the operation returned
   * @throws CancelledException if the token, or the calling task's own, is cancelled, with what the operation threw
   *     meanwhile as suppressed
   * @throws InterruptedException if the thread is interrupted in a pause
   * @throws Exception the operation's last failure, if it is permanent or the attempts are used up
   */
  public <T extends @Nullable Object> T call(TaskBody<? extends T> operation, CancellationToken token)
      throws Exception {
    Objects.requireNonNull(operation, "operation");
    Waiter caller = Waiter.on(this, token);
    int failures = 0;
    while (true) {
      caller.throwIfCancelled();
      try {
        T result = operation.call(token);
        tellSuccess(failures);
        return result;
      } catch (Exception thrown) {
        Outcome.throwIfCancelled(caller, thrown);
        if (Outcome.isEnd(thrown)) {
          throw thrown;
        }
        failures++;
        if (failures == attempts || permanent.test(thrown)) {
          tellEnd(failures, thrown);
          throw thrown;
        }
        pause(failures, thrown, token);
      }
    }
  }

  private void pause(int failures, Exception thrown, CancellationToken token) throws InterruptedException {
    Duration pause = backoff.delay(failures, random != null ? random : Simulator.random());
    log.atLevel(failures < warnFrom ? Level.INFO : Level.WARN)
        .log("{} failed {} times, trying again in {}: {}", what, failures, pause, thrown.toString());
    token.sleep(pause);
  }

  private void tellEnd(int failures, Exception thrown) {
    log.warn("{} failed {} times, giving up: {}", what, failures, thrown.toString());
  }

  private void tellSuccess(int failures) {
    if (failures > 0) {
      log.info("{} succeeded after {} failures", what, failures);
    }
  }

  @Override
  public String toString() {
    return "retry of " + what;
  }
}
