// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.util.ArrayList;
import java.util.List;

/**
 * What a store knows at one instant.
 *
 * @param metadata as in the file
 * @param layers all that the metadata vouch for, in the order of the log, unmodifiable
 */
record StoreState(TimelineMetadata metadata, List<LayerFile> layers) {
  StoreState with(TimelineMetadata newMetadata, LayerFile newest) {
    List<LayerFile> all = new ArrayList<>(layers);
    all.add(newest);
    return new StoreState(newMetadata, List.copyOf(all));
  }
}
