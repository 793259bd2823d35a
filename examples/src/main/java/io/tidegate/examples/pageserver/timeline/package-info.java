// SPDX-License-Identifier: Apache-2.0

/** One timeline: WAL in, layers in memory, layers on disk. */
@NullMarked
package io.tidegate.examples.pageserver.timeline;

import org.jspecify.annotations.NullMarked;
