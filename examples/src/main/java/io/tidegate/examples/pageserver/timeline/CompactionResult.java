// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import java.time.Duration;

/**
 * What a compaction has done.
 *
 * @param layersCompacted how many files of level 0 are gone
 * @param layersWritten how many files of level 1 came in their place
 * @param imagesWritten how many image layers were written
 * @param elapsed how long it took
 */
public record CompactionResult(int layersCompacted, int layersWritten, int imagesWritten, Duration elapsed) {}
