// SPDX-License-Identifier: Apache-2.0

/** PostgreSQL's write-ahead log: positions in it, its pages, its records and the blocks that they touch. */
@NullMarked
package io.tidegate.examples.pageserver.wal;

import org.jspecify.annotations.NullMarked;
