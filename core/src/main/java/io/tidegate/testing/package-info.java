// SPDX-License-Identifier: Apache-2.0

/**
 * What tests of a server need.
 *
 * <table class="striped">
 *   <caption>What a test wants</caption>
 *   <thead><tr><th scope="col">I want to …</th><th scope="col">type</th></tr></thead>
 *   <tbody>
 *     <tr><th scope="row">run code under thousands of schedules, and repeat the one that fails</th>
 *       <td>{@link io.tidegate.testing.Simulation}</td></tr>
 *     <tr><th scope="row">make something go wrong at a named point of the code</th>
 *       <td>{@link io.tidegate.testing.Faults}</td></tr>
 *     <tr><th scope="row">have a test fail that leaves something behind</th>
 *       <td>{@link io.tidegate.testing.LeakCheck}</td></tr>
 *   </tbody>
 * </table>
 *
 * <h2>Simulation</h2>
 *
 * <p>{@link io.tidegate.testing.Simulation} runs code that is written with this library, unchanged, on real virtual threads,
 * but one at a time: which of those that can run goes on is drawn from a seed, and drawn again at every operation of the
 * library. So a test sees in a second what the machine's scheduler shows in months, and sees it again.
 *
 * <p>This opens a scope for each tenant that is asked for, and has a mistake:
 *
 * {@snippet class="io.tidegate.testing.SimulationSnippetsTest" region="subject"}
 *
 * <p>Some thousand schedules of two tasks that ask for the same tenant:
 *
 * {@snippet class="io.tidegate.testing.SimulationSnippetsTest" region="explore"}
 *
 * <p>fail with the seed, and with an interleaving that needs as few preemptions as could be found:
 *
 * <pre>
 * seed 2 fails: java.lang.AssertionError: two scopes for one tenant
 * Again by Simulation.run(2L, body); shrunk to 1 preemption by Simulation.replay(2L, "8:3", body):
 *    step        time  thread                   what
 *   …
 * &gt;     7         0 s  #2 OPEN-1                begins
 *       8         0 s  #2 OPEN-1                is about to link a token upwards
 *       9         0 s  #2 OPEN-1                is about to enter a gate
 *      10         0 s  #2 OPEN-1                has opened a gate, is about to look whether the one above closes
 * &gt;    11         0 s  #3 OPEN-2                begins
 *      12         0 s  #3 OPEN-2                is about to link a token upwards
 *   …
 * </pre>
 *
 * <p>{@link io.tidegate.testing.Simulation#run Simulation.run} with that seed fails the same way, under a debugger too, and so
 * does {@link io.tidegate.testing.Simulation#replay replay} with the short schedule. One run says as well how long it would
 * have taken, and has taken no time:
 *
 * {@snippet class="io.tidegate.testing.SimulationSnippetsTest" region="time"}
 *
 * <p>{@link io.tidegate.testing.Simulation#cancelAtEveryStep cancelAtEveryStep} ends the scope of a body at each of its steps,
 * once each, and checks that every close comes to its end and leaves nothing:
 *
 * {@snippet class="io.tidegate.testing.SimulationSnippetsTest" region="cancel"}
 *
 * <h3>What is simulated</h3>
 *
 * <ul>
 *   <li><b>Threads.</b> All that the body starts, directly or not: tasks, callbacks, drain steps, deadlines, plain virtual
 *       threads. Their pools are stood in for, those that were made outside of the run as well: a platform pool runs as many
 *       bodies at a time as it has threads, on virtual threads. What a run does to a pool from outside, such as closing it,
 *       ends with the run.
 *   <li><b>Time.</b> The clock of every pool is the run's. It stands still while a thread can run, then moves to the next time
 *       that one waits for. Nothing is computed so slowly that a deadline passes.
 *   <li><b>Chance.</b> The jitter of tickers and pauses comes from the seed.
 *   <li><b>Locks and queues</b> of {@code java.util.concurrent}, without time limits.
 * </ul>
 *
 * <h3>What makes a run fail</h3>
 *
 * <ul>
 *   <li>The body throws; or a task of the run by an {@link java.lang.AssertionError}; or a thread past all scopes by anything.
 *   <li>All threads wait, and none for a time: each is named, with what it waits for, and a cycle of them if there is one. To
 *       be told of a slow close counts as no time.
 *   <li>The body has ended, and threads are left that wait. Time does not move for them.
 *   <li>A wait for something that is not of the run is seen: {@link java.lang.Thread#sleep}, a timed wait of
 *       {@code java.util.concurrent}, a socket, a monitor that another thread of the run keeps while it waits, a thread
 *       outside. It is named.
 *   <li>A million steps, or a minute without one.
 * </ul>
 *
 * <p>Then its threads are made to end: each is interrupted, and each wait of the library throws an error. A thread that goes on
 * nevertheless for thousands of waits, or that waits for a lock that is never given back, is left behind.
 *
 * <h3>What is not simulated</h3>
 *
 * <ul>
 *   <li>What a class makes when it is initialised: a run that comes first to a class with pools in its static fields leaves
 *       its own there for good. Touch such a class before the first run.
 *   <li>The memory model: threads run one at a time, so each sees all that was written before. What lacks a {@code volatile}
 *       is not found.
 *   <li>Code between two operations of the library: it runs as one step, unless it calls
 *       {@link io.tidegate.testing.Simulation#step Simulation.step}.
 *   <li>{@link java.lang.System#nanoTime}, {@link java.time.Instant#now()} and other clocks that are asked past the pool's;
 *       sources of chance of one's own, identity hash codes, and collections whose order depends on them: what depends on
 *       such is told as failing another way the second time.
 *   <li>{@code synchronized}: a thread is not preempted in it on JDK 21, where a wait in it blocks the run; on 24 and later it
 *       may be, and whoever comes for that monitor then fails the run. The library's own operations take no turn under a
 *       monitor of theirs.
 *   <li>Files: reading and writing takes no time and no turn. CPU time, carriers, starvation, the numbers of pools.
 *   <li>Platform threads that the body starts itself: they are not of the run.
 *   <li>The hook of {@link io.tidegate.Scope#closeOnExit}.
 * </ul>
 *
 * <p>A simulation needs the flag that dedicated carriers need, see {@link io.tidegate.carrier.CarrierPool}.
 *
 * <p>Unless otherwise specified, passing {@code null} to a method of this package throws {@link NullPointerException}.
 */
@NullMarked
package io.tidegate.testing;

import org.jspecify.annotations.NullMarked;
