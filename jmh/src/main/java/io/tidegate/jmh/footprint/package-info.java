// SPDX-License-Identifier: Apache-2.0

/** How much room on the heap each thing takes that a server has many of. */
@NullMarked
package io.tidegate.jmh.footprint;

import org.jspecify.annotations.NullMarked;
