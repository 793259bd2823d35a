// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.Waiter;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts tasks that are run again when they fail, after a {@link Backoff}, and not too often.
 *
 * {@snippet class="io.tidegate.sync.Snippets" region="supervisor"}
 *
 * <p>Each run has a {@linkplain Run#scope scope of its own} for what it starts. That scope is closed when the run is
 * over, however it was, and only when it has closed comes the next one: two runs of a task never overlap, nor do their
 * children.
 *
 * <p>A run that returns ends the task. After a failure the task is run again, unless it has been restarted too often:
 * then it ends with that failure, and the failure policy of the task decides what it means to others. A cancel, a close
 * and an interrupt are no failures: they end the task.
 *
 * <p><b>Logs</b>, under the name of this class: each restart at WARN with the failure.
 *
 * <p>A supervisor is a value. <b>Threads:</b> safe for use by any thread, for many tasks at a time.
 */
public final class Supervisor {
  private static final Logger log = LoggerFactory.getLogger(Supervisor.class);

  private final Backoff backoff;
  private final int restarts;
  private final Duration within;
  /** Null for that of the calling thread. */
  private final @Nullable RandomGenerator random;

  /** What a supervised task does. */
  @FunctionalInterface
  public interface Body {
    /**
     * Does the work, once more.
     *
     * @param run this run
     * @param token the token that the work answers to: the task's own
     * @throws Exception if it fails
     */
    void run(Run run, CancellationToken token) throws Exception;
  }

  /** One run of a supervised task. */
  public interface Run {
    /** {@return the scope for what this run starts, a child of the task's; closed when the run is over} */
    Scope scope();

    /** {@return how many runs there were before this one} */
    int restarts();

    /** Says that the task has started, to those who {@linkplain Supervised#awaitReady wait for that}. Idempotent. */
    void ready();
  }

  private Supervisor(Backoff backoff, int restarts, Duration within, @Nullable RandomGenerator random) {
    this.backoff = backoff;
    this.restarts = restarts;
    this.within = within;
    this.random = random;
  }

  /**
   * {@return a supervisor}
   *
   * @param backoff the pauses, by the number of restarts within the period
   * @param restarts how often a task is restarted within the period; one failure more ends it
   * @param within the period, by the clock of the task's pool
   * @throws IllegalArgumentException if {@code restarts} is negative
   */
  public static Supervisor of(Backoff backoff, int restarts, Duration within) {
    if (restarts < 0) {
      throw new IllegalArgumentException(restarts + " restarts");
    }
    return new Supervisor(
        Objects.requireNonNull(backoff, "backoff"), restarts, Objects.requireNonNull(within, "within"), null);
  }

  /**
   * {@return the same with a source of chance for the pauses}
   *
   * @param source to be used by one thread at a time, unless it is safe for more
   */
  public Supervisor random(RandomGenerator source) {
    return new Supervisor(backoff, restarts, within, Objects.requireNonNull(source, "source"));
  }

  /**
   * Starts a task.
   *
   * @param scope the scope that it belongs to
   * @param task how it is set up: {@code scope.newTask(kind)}, with a name or a failure policy if need be
   * @param name the name of the scopes of its runs
   * @param body what to do
   * @return its handle
   * @throws io.tidegate.GateClosedException if the scope refuses the task
   */
  public Supervised spawn(Scope scope, Task.Builder task, String name, Body body) {
    Objects.requireNonNull(scope, "scope");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(body, "body");
    Watch<Boolean> ready = Watch.of(false);
    Task<?> started = task.spawn(token -> {
      try {
        new Runs(scope, name, ready).supervise(body, token);
      } finally {
        ready.close();
      }
    });
    return new Supervised(started, ready);
  }

  /** The runs of one task, one after the other; in the task's thread. */
  private final class Runs {
    private final Scope parent;
    private final String name;
    private final Watch<Boolean> ready;
    /** When the task was restarted, those longer ago than the period left out. */
    private final ArrayDeque<Long> restartNanos = new ArrayDeque<>();
    private int count;

    Runs(Scope parent, String name, Watch<Boolean> ready) {
      this.parent = parent;
      this.name = name;
      this.ready = ready;
    }

    void supervise(Body body, CancellationToken token) throws Exception {
      Waiter caller = Waiter.on(Supervisor.this, token);
      while (true) {
        try {
          runOnce(body, token);
          return;
        } catch (Exception thrown) {
          Outcome.throwIfCancelled(caller, thrown);
          if (Outcome.isEnd(thrown) || isTooOften()) {
            throw thrown;
          }
          pause(thrown, token);
        }
      }
    }

    /** Returns, or throws, when whatever the run has started is over too. */
    private void runOnce(Body body, CancellationToken token) throws Exception {
      Scope own = parent.child(name);
      try {
        body.run(new OneRun(own, count, ready), token);
      } finally {
        own.close();
      }
    }

    private boolean isTooOften() {
      long nowNanos = Waiter.clock().nanoTime();
      long withinNanos = within.toNanos();
      restartNanos.removeIf(restart -> nowNanos - restart > withinNanos);
      restartNanos.add(nowNanos);
      return restartNanos.size() > restarts;
    }

    private void pause(Exception thrown, CancellationToken token) throws InterruptedException {
      count++;
      RandomGenerator chance = random != null ? random : Simulator.random();
      Duration pause = backoff.delay(restartNanos.size(), chance);
      log.warn("{} of {} failed, restart {} in {}", name, parent.path(), count, pause, thrown);
      token.sleep(pause);
    }
  }

  private record OneRun(Scope scope, int restarts, Watch<Boolean> readiness) implements Run {
    @Override
    public void ready() {
      readiness.set(true);
    }
  }
}
