// SPDX-License-Identifier: Apache-2.0

/**
 * The layers of one timeline: WAL records in memory and on disk, found by page and position.
 *
 * <p>Records enter an {@link io.tidegate.examples.pageserver.storage.OpenLayer}. Once it is large or old enough it is
 * frozen, and the {@link io.tidegate.examples.pageserver.storage.LayerStore} writes the frozen layer as a file and then
 * advances the timeline's disk-consistent LSN. The package starts no threads: each type says which callers may share
 * it.
 *
 * <p><b>Ranges.</b> A layer of the range start to end holds the log's bytes from start, inclusive, to end, exclusive.
 * Records are known by the position right after them, so the records of the layer are those with start &lt; endLsn
 * &le; end, and the next layer starts where this one ends.
 *
 * <p><b>Interrupts.</b> An interrupt neither ends a call of this package nor closes a file under other readers: the
 * call finishes its work and leaves the thread's interrupt status set.
 */
@NullMarked
package io.tidegate.examples.pageserver.storage;

import org.jspecify.annotations.NullMarked;
