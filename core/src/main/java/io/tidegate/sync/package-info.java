// SPDX-License-Identifier: Apache-2.0

/**
 * Waits that listen to a token.
 *
 * <table class="striped">
 *   <caption>What a server's task waits for</caption>
 *   <thead><tr><th scope="col">I want to …</th><th scope="col">type</th></tr></thead>
 *   <tbody>
 *     <tr><th scope="row">wait until a growing number is reached</th><td>{@link io.tidegate.sync.SeqWait}</td></tr>
 *     <tr><th scope="row">follow the latest value of something</th><td>{@link io.tidegate.sync.Watch}</td></tr>
 *     <tr><th scope="row">let only so many work at a time</th><td>{@link io.tidegate.sync.Limiter}</td></tr>
 *     <tr><th scope="row">try again after a failure</th>
 *       <td>{@link io.tidegate.sync.Retry}, {@link io.tidegate.sync.Backoff}</td></tr>
 *     <tr><th scope="row">stop trying what keeps failing</th><td>{@link io.tidegate.sync.CircuitBreaker}</td></tr>
 *     <tr><th scope="row">do something again and again</th><td>{@link io.tidegate.sync.Ticker}</td></tr>
 *     <tr><th scope="row">run a task again when it fails</th><td>{@link io.tidegate.sync.Supervisor}</td></tr>
 *     <tr><th scope="row">have one caller make a value for all</th><td>{@link io.tidegate.sync.Once}</td></tr>
 *     <tr><th scope="row">pass items from task to task</th><td>{@link io.tidegate.sync.Mailbox}</td></tr>
 *   </tbody>
 * </table>
 *
 * <h2>What holds for every wait</h2>
 *
 * <ul>
 *   <li>It takes the token that it answers to, and answers to the calling task's own token besides. When one of them is
 *       cancelled it throws {@link io.tidegate.CancelledException}: at once if it was before, though there be nothing
 *       to wait for. Who has no token to answer to passes {@link io.tidegate.CancellationToken#none}.
 *   <li>A time limit is by the clock of the calling task's pool. When it is over, the wait returns; that is no cancel.
 *   <li>An interrupt of the thread ends it with {@link InterruptedException}.
 *   <li>However it ends, it leaves nothing behind: not in the object, and not on the token.
 *   <li>Where the object is closed, what cannot come any more throws {@link io.tidegate.ClosedException}, which is
 *       neither a cancel nor the end of a task.
 * </ul>
 *
 * <p>All types here may be used by any thread, hold no thread of their own, and need no close to be collected. They run
 * code of the user in the calling thread, under no lock.
 *
 * <p>Unless otherwise specified, passing {@code null} to a method of this package throws {@link NullPointerException}.
 */
@NullMarked
package io.tidegate.sync;

import org.jspecify.annotations.NullMarked;
