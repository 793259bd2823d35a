// SPDX-License-Identifier: Apache-2.0

/**
 * Looking into a running server: who burns the CPU.
 *
 * <p>Unless otherwise specified, passing {@code null} to a method of this package throws {@link NullPointerException}.
 */
@NullMarked
package io.tidegate.inspect;

import org.jspecify.annotations.NullMarked;
