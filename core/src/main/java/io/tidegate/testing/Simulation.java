// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import io.tidegate.Scope;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Runs code that is written with this library, unchanged, under schedules that seeds determine. See the package. */
public final class Simulation {
  /** Moves the seeds of all explorations of the process, so that a later one finds what an earlier one has not. */
  static final String FIRST_SEED = "io.tidegate.simulation.seed";

  private Simulation() {}

  /** What is run. */
  @FunctionalInterface
  public interface Body {
    /**
     * Makes what is tested, has it work and ends it: when this returns, no thread of the run may be left.
     *
     * @throws Exception if the run fails; an {@link AssertionError} likewise
     */
    void run() throws Exception;
  }

  /** What is run in a scope, which is cancelled or closed meanwhile. */
  @FunctionalInterface
  public interface ScopeBody {
    /**
     * Works in a scope, as its task.
     *
     * @param scope the scope, to be closed by nobody
     * @throws Exception if the run fails, unless it is what a task may end with when its scope is cancelled
     */
    void run(Scope scope) throws Exception;
  }

  /**
   * One run.
   *
   * @param seed what determined it
   * @param steps how many steps its threads took
   * @param time how long it took by its own clock
   * @param trace its interleaving, a line for each step
   */
  public record Result(long seed, long steps, Duration time, String trace) {}

  /**
   * Many runs.
   *
   * @param schedules how many
   * @param firstSeed the seed of the first; the others follow
   * @param steps how many steps their threads took in all
   * @param elapsed how long they took by the machine's clock
   */
  public record Exploration(long schedules, long firstSeed, long steps, Duration elapsed) {
    /** {@return how many schedules were run in a second} */
    public long schedulesPerSecond() {
      return Math.round(schedules / Math.max(1e-9, elapsed.toNanos() / 1e9));
    }

    @Override
    public String toString() {
      return "%d schedules from seed %d on, %d steps, in %d ms: %d schedules a second"
          .formatted(schedules, firstSeed, steps, elapsed.toMillis(), schedulesPerSecond());
    }
  }

  /**
   * Runs a body under the schedule of a seed.
   *
   * @param seed determines the schedule
   * @param body what to run
   * @return what has happened
   * @throws SimulationFailure if the body throws, a thread of the run fails by an {@link AssertionError}, all threads
   *     wait for ever, threads are left when the body has ended, or one waits for what is not of the run
   * @throws IllegalStateException if the JVM does not let virtual threads run on a scheduler of ours; the message holds
   *     the flag that is missing
   */
  public static Result run(long seed, Body body) {
    Objects.requireNonNull(body, "body");
    return Runner.call(runner -> {
      SplitMix chance = new SplitMix(seed);
      Trace trace = new Trace();
      Strategy strategy = new SeededStrategy(chance.fork());
      return result(seed, runner.run(strategy, chance.fork(), trace, run -> body.run()), "", trace);
    });
  }

  /**
   * Runs a body under a schedule that a {@link SimulationFailure} names.
   *
   * @param seed the seed that failed
   * @param schedule the {@linkplain SimulationFailure#schedule schedule}
   * @param body what to run
   * @return what has happened
   * @throws SimulationFailure as {@link #run}
   * @throws IllegalArgumentException if the schedule is none
   * @throws IllegalStateException as {@link #run}
   */
  public static Result replay(long seed, String schedule, Body body) {
    Objects.requireNonNull(body, "body");
    Decisions decisions = Decisions.replaying(Decisions.parse(schedule));
    return Runner.call(runner -> {
      Trace trace = new Trace();
      return result(seed, runner.run(decisions, Failing.chance(seed), trace, run -> body.run()), schedule, trace);
    });
  }

  private static Result result(long seed, Runner.Outcome outcome, String schedule, Trace trace) {
    Throwable failure = outcome.failure();
    if (failure != null) {
      throw new SimulationFailure("seed " + seed + " fails: " + failure + "\n" + trace, failure, seed, schedule, trace.toString());
    }
    return new Result(seed, outcome.steps(), Duration.ofNanos(outcome.nanos()), trace.toString());
  }

  /**
   * Runs a body under so many schedules, one after the other, until one fails. The seeds are the same in each process,
   * unless the system property {@code io.tidegate.simulation.seed} says with which to begin.
   *
   * @param schedules how many
   * @param body what to run
   * @return how many it were, and how long they took
   * @throws SimulationFailure if one fails as {@link #run} does, with the shortest schedule that was found to do so
   * @throws IllegalStateException as {@link #run}
   */
  public static Exploration explore(long schedules, Body body) {
    return explore(Long.getLong(FIRST_SEED, 1), schedules, null, body);
  }

  /**
   * Runs a body under schedules, one after the other, for a time, or until one fails.
   *
   * @param time how long, by the machine's clock
   * @param body what to run
   * @return how many it were
   * @throws SimulationFailure as {@link #explore(long, Body)}
   * @throws IllegalStateException as {@link #run}
   */
  public static Exploration explore(Duration time, Body body) {
    return explore(Long.getLong(FIRST_SEED, 1), Long.MAX_VALUE, Objects.requireNonNull(time, "time"), body);
  }

  static Exploration explore(long firstSeed, long schedules, @Nullable Duration time, Body body) {
    Objects.requireNonNull(body, "body");
    Runner.RunBody each = run -> body.run();
    return Runner.call(runner -> {
      long begun = System.nanoTime();
      long done = 0;
      long steps = 0;
      while (done < schedules && (time == null || System.nanoTime() - begun < time.toNanos())) {
        long seed = firstSeed + done;
        Runner.Outcome outcome = runner.run(seed, each);
        if (outcome.failure() != null) {
          throw Failing.explain(runner, seed, outcome.failure(), each);
        }
        done++;
        steps += outcome.steps();
      }
      return new Exploration(done, firstSeed, steps, Duration.ofNanos(System.nanoTime() - begun));
    });
  }

  /**
   * Runs a body in a scope, once for each step that it takes: at that step the scope is cancelled, and closed. Then again,
   * closed without being cancelled before, and closed gracefully. Each close must have ended within a time, and leave
   * nothing behind. All of that under a few schedules.
   *
   * @param within how long each close may take, by the run's clock; the budget of the graceful one
   * @param body what to run
   * @return how many runs it were
   * @throws SimulationFailure if one fails as {@link #run} does, a close has not ended in time, or the body has failed by
   *     something else than the cancel
   * @throws IllegalStateException as {@link #run}
   */
  public static long cancelAtEveryStep(Duration within, ScopeBody body) {
    Objects.requireNonNull(body, "body");
    return Runner.call(runner -> new CancelAtSteps(runner, within, body).runAll());
  }

  /**
   * In a run, a place where another thread may get its turn, as each operation of the library is; elsewhere nothing, at
   * no cost. For code that shares data without locks.
   *
   * @param where what the thread is about to do, for traces; a constant
   */
  public static void step(String where) {
    Simulator.step(where);
  }

  /** {@return whether the calling thread is one of a run} */
  public static boolean isRunning() {
    return Simulator.current() != null;
  }
}
