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
record StoreState(TimelineMetadata metadata, List<DeltaLayer> layers) {
  StoreState with(TimelineMetadata newMetadata, DeltaLayer newest) {
    List<DeltaLayer> all = new ArrayList<>(layers);
    all.add(newest);
    return new StoreState(newMetadata, List.copyOf(all));
  }
}
