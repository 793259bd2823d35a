// SPDX-License-Identifier: Apache-2.0

/** What Tidegate costs, each benchmark beside its peers in the same class and the same run. */
@NullMarked
package io.tidegate.jmh;

import org.jspecify.annotations.NullMarked;
