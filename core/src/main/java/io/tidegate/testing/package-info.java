// SPDX-License-Identifier: Apache-2.0

/**
 * What tests of a server need.
 *
 * <table class="striped">
 *   <caption>What a test wants</caption>
 *   <thead><tr><th scope="col">I want to …</th><th scope="col">type</th></tr></thead>
 *   <tbody>
 *     <tr><th scope="row">make something go wrong at a named point of the code</th>
 *       <td>{@link io.tidegate.testing.Faults}</td></tr>
 *     <tr><th scope="row">have a test fail that leaves something behind</th>
 *       <td>{@link io.tidegate.testing.LeakCheck}</td></tr>
 *   </tbody>
 * </table>
 *
 * <p>Unless otherwise specified, passing {@code null} to a method of this package throws {@link NullPointerException}.
 */
@NullMarked
package io.tidegate.testing;

import org.jspecify.annotations.NullMarked;
