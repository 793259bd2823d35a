// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import java.nio.file.Path;
import java.util.List;

/**
 * What became of the maintenance of a timeline since it was opened.
 *
 * @param compactions how many compactions were done
 * @param compactionsFailed how many have failed; one that was cut off by a close has not
 * @param isCompactionPaused whether it has failed so often that it is not tried for a time
 * @param collections how many garbage collections were done
 * @param collectionsFailed how many have failed
 * @param waiting how many of them wait while another one of the timeline is at work
 * @param damagedFiles the layer files that a read or the maintenance found damaged
 */
public record MaintenanceStatus(
    long compactions,
    long compactionsFailed,
    boolean isCompactionPaused,
    long collections,
    long collectionsFailed,
    int waiting,
    List<Path> damagedFiles) {}
