// SPDX-License-Identifier: Apache-2.0

/** What else there is to use in place of a scope, for those of the peers that need more than a line. */
@NullMarked
package io.tidegate.jmh.peer;

import org.jspecify.annotations.NullMarked;
