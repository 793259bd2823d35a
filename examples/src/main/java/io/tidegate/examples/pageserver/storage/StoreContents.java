// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.nio.file.Path;
import java.util.List;

/**
 * What a store holds at one instant: all that a copy of the timeline needs.
 *
 * @param metadata the timeline's metadata
 * @param layers the files that they vouch for
 */
public record StoreContents(TimelineMetadata metadata, List<Path> layers) {}
