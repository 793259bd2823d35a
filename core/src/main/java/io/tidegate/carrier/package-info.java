// SPDX-License-Identifier: Apache-2.0

/** Carrier pools: which OS threads run the virtual threads of one class of work. */
@NullMarked
package io.tidegate.carrier;

import org.jspecify.annotations.NullMarked;
