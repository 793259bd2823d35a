// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import java.time.Duration;

/**
 * What a garbage collection has done. Each layer counts once, under the first reason that keeps it.
 *
 * @param layersTotal how many files there were
 * @param layersNeededByCutoff how many are of the log after the cutoff
 * @param layersNeededByPitr how many are so because of the interval only
 * @param layersNeededByBranches how many have what only a branch needs
 * @param layersNotUpdated how many have a version that no later one replaces
 * @param layersRemoved how many were removed, those included that were written anew without their garbage
 * @param elapsed how long it took
 */
public record GcResult(
    int layersTotal,
    int layersNeededByCutoff,
    int layersNeededByPitr,
    int layersNeededByBranches,
    int layersNotUpdated,
    int layersRemoved,
    Duration elapsed) {}
