// SPDX-License-Identifier: Apache-2.0

/**
 * One timeline: WAL in, layers in memory, layers on disk.
 *
 * <p><b>Fault points</b> (see {@link io.tidegate.testing.Faults}) on the way of a layer to the disk, each in the task that
 * writes it:
 * <ul>
 *   <li>{@code layer.before-write}: nothing of it is on the disk yet
 *   <li>{@code file.before-sync}: a file is written under its temporary name; passed for the metadata as well
 *   <li>{@code layer.before-metadata}: the layer is durable, and the metadata do not vouch for it
 * </ul>
 * and in the tasks that look at layers as a whole:
 * <ul>
 *   <li>{@code timeline.logical-size.before}: the size is about to be worked out
 *   <li>{@code timeline.commit-search}: before each layer in which a time is looked for
 * </ul>
 */
@NullMarked
package io.tidegate.examples.pageserver.timeline;

import org.jspecify.annotations.NullMarked;
