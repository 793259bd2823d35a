// SPDX-License-Identifier: Apache-2.0

/**
 * Structured concurrency for servers that live long.
 *
 * <p>A server, a tenant, a connection is a {@link io.tidegate.Scope}: a field of an object, opened when the object starts,
 * spawned into by any thread for months, and closed when the object stops. When {@link io.tidegate.Scope#close} returns,
 * nothing of it runs any more, so its files may be deleted.
 *
 * <table class="striped">
 *   <caption>Five nouns, one job each</caption>
 *   <thead><tr><th scope="col">type</th><th scope="col">its one job</th></tr></thead>
 *   <tbody>
 *     <tr><th scope="row">{@link io.tidegate.CancellationToken}</th><td>carries the request to stop, and why</td></tr>
 *     <tr><th scope="row">{@link io.tidegate.Gate}</th><td>knows who is inside; refuses newcomers and waits</td></tr>
 *     <tr><th scope="row">{@link io.tidegate.Task}</th><td>one running piece of work</td></tr>
 *     <tr><th scope="row">{@link io.tidegate.carrier.CarrierPool}</th><td>supplies threads and their clock</td></tr>
 *     <tr><th scope="row">{@link io.tidegate.Scope}</th><td>one node of the tree: all of these together</td></tr>
 *   </tbody>
 * </table>
 *
 * <h2>Memory consistency effects</h2>
 *
 * <ul>
 *   <li>What a thread does before {@link io.tidegate.Scope#spawn} or {@code fork} <i>happens-before</i> what the task does.
 *   <li>What a task does <i>happens-before</i> {@link io.tidegate.Task#join} returning.
 *   <li>What a task, or the holder of a guard, does before it leaves <i>happens-before</i> the return of every
 *       {@code close} that waited for it.
 *   <li>What a thread does before {@link io.tidegate.CancellationToken#cancel} <i>happens-before</i> what another does
 *       after it saw that cancel.
 * </ul>
 *
 * <h2>Events of the flight recorder</h2>
 *
 * <p>A recording has, of the category {@code Tidegate} and with names that begin with {@code io.tidegate.}:
 *
 * <ul>
 *   <li>{@code TokenCancel}: a token was cancelled, by a call or by its own deadline: code, text, source, and the scope if it
 *       is a scope's. The tokens below it are not told of one by one.
 *   <li>{@code ScopeClose}: a scope has closed: path, attributes, who closed it, how long that took, how many it waited for,
 *       and how many steps were not done.
 *   <li>{@code GateClose}: the same of a gate that is no scope's.
 *   <li>{@code TaskStart} and {@code TaskEnd}, which a recording has to switch on: there are many.
 * </ul>
 *
 * <p>While nothing records they cost nothing.
 *
 * <h2>Who runs user code, and under which lock</h2>
 *
 * <p>The library calls user code under no lock of its own. Tasks, cancel callbacks, drain steps and close steps each run on
 * a thread that was started for them; a body given to {@link io.tidegate.Gate#call} or {@link io.tidegate.Scope#call} runs
 * on the caller's.
 *
 * <p>Unless otherwise specified, passing {@code null} to a method of this package throws {@link NullPointerException}.
 */
@NullMarked
package io.tidegate;

import org.jspecify.annotations.NullMarked;
