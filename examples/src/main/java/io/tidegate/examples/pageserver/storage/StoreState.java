// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a store knows at one instant.
 *
 * @param metadata as in the file
 * @param level0 those of level 0, in the order of the log, unmodifiable
 * @param others those of level 1 and the image layers, the newest first, an image before what it was made of; unmodifiable
 */
record StoreState(TimelineMetadata metadata, List<LayerFile> level0, List<LayerFile> others) {
  private static final Comparator<LayerFile> NEWEST_FIRST =
      Comparator.comparing(LayerFile::endLsn).thenComparing(LayerFile::level).reversed();

  StoreState {
    level0 = List.copyOf(level0);
    others = others.stream().sorted(NEWEST_FIRST).toList();
  }

  StoreState with(TimelineMetadata newMetadata, LayerFile newest) {
    List<LayerFile> all = new ArrayList<>(level0);
    all.add(newest);
    return new StoreState(newMetadata, all, others);
  }

  /** {@return all, from the newest to the oldest} */
  List<LayerFile> newestFirst() {
    List<LayerFile> all = new ArrayList<>(level0.reversed());
    all.addAll(others);
    return all;
  }

  /** {@return all, in the order of the log} */
  List<LayerFile> all() {
    return newestFirst().reversed();
  }
}
