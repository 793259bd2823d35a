// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Merges files of level 0 into files of level 1, which are sorted by page, and makes image layers of what it can.
 *
 * <p>A page is in an image layer only where its last change left a full-page image: nobody here replays records. What
 * touches no page and is no commit, as a checkpoint, is not in level 1 any more.
 *
 * <p><b>Threads:</b> one at a time for a store; blocks for I/O.
 */
public final class Compaction {
  private final LayerStore store;
  private final long targetSize;
  private final int imageThreshold;
  private final List<LayerFile> written = new ArrayList<>();
  private int images;

  /**
   * Prepares.
   *
   * @param store whose files
   * @param targetSize how many bytes of records a new file has, more or less
   * @param imageThreshold how many files of level 1 lie over an image before there is a new one
   */
  public Compaction(LayerStore store, long targetSize, int imageThreshold) {
    this.store = store;
    this.targetSize = targetSize;
    this.imageThreshold = imageThreshold;
  }

  /**
   * Merges all files of level 0 that there are.
   *
   * @param token ends it; then nothing has changed
   * @return how many files of level 0 were merged
   * @throws CorruptLayerException if a file does not hold what was written
   * @throws IOException if I/O fails; then nothing has changed
   * @throws io.tidegate.CancelledException if the token is cancelled
   */
  public int run(CancellationToken token) throws IOException {
    List<LayerFile> sources = store.state().level0();
    if (sources.isEmpty()) {
      return 0;
    }
    boolean done = false;
    try {
      merge(sources, token);
      List<LayerFile> level1 = List.copyOf(written);
      makeImages(level1, sources.getLast().endLsn(), token);
      Faults.point("compaction.before-change", IOException::new);
      store.change(now -> after(now, sources));
      done = true;
    } finally {
      if (!done) {
        written.forEach(LayerFile::remove);
      }
    }
    return sources.size();
  }

  /** {@return how many files of level 1 were written} */
  public int level1() {
    return written.size() - images;
  }

  /** {@return how many image layers were written} */
  public int images() {
    return images;
  }

  private StoreState after(StoreState now, List<LayerFile> sources) {
    List<LayerFile> others = new ArrayList<>(now.others());
    others.addAll(written);
    StoredLayers stored = new StoredLayers(
        sources.getLast().endLsn(), now.metadata().stored().gcCutoffLsn(), names(others));
    return new StoreState(
        now.metadata().with(stored), now.level0().subList(sources.size(), now.level0().size()), others);
  }

  static List<String> names(List<LayerFile> layers) {
    return layers.stream().map(layer -> layer.name().toString()).sorted().toList();
  }

  private void merge(List<LayerFile> sources, CancellationToken token) throws IOException {
    for (KeyRange range : ranges(sources)) {
      token.throwIfCancelled();
      LayerName name = new LayerName(
          LayerLevel.L1, range, sources.getFirst().startLsn(), sources.getLast().endLsn(), store.nextNumber());
      written.add(store.write(new LayerCopy(name, sources, entry -> true, token)));
    }
  }

  /** Cuts the pages into ranges with about as many bytes of records as a file is to have. */
  private List<KeyRange> ranges(List<LayerFile> sources) throws IOException {
    Map<PageKey, Long> bytes = new TreeMap<>();
    for (LayerFile source : sources) {
      source.entries(KeyRange.ALL).forEach(each ->
          bytes.merge(each.key(), (long) RecordLog.HEADER_BYTES + each.length(), Long::sum));
    }
    List<KeyRange> ranges = new ArrayList<>();
    PageKey first = null;
    PageKey last = null;
    long size = 0;
    for (Map.Entry<PageKey, Long> each : bytes.entrySet()) {
      if (first == null || last == null || size >= targetSize) {
        if (first != null && last != null) {
          ranges.add(new KeyRange(first, last));
        }
        first = each.getKey();
        size = 0;
      }
      last = each.getKey();
      size += each.getValue();
    }
    if (first != null && last != null) {
      ranges.add(new KeyRange(first, last));
    }
    return ranges;
  }

  private void makeImages(List<LayerFile> level1, Lsn lsn, CancellationToken token) throws IOException {
    for (LayerFile newest : level1) {
      token.throwIfCancelled();
      List<LayerFile> below = new ArrayList<>(level1);
      below.addAll(store.state().others());
      below.removeIf(layer -> !layer.range().overlaps(newest.range()));
      if (isDue(below)) {
        makeImages(newest.range(), below, lsn, token);
      }
    }
  }

  private boolean isDue(List<LayerFile> layers) {
    Lsn lastImage = layers.stream()
        .filter(layer -> layer.level() == LayerLevel.IMAGE)
        .map(LayerFile::endLsn)
        .max(Comparator.naturalOrder())
        .orElse(Lsn.INVALID);
    Set<Lsn> above = new TreeSet<>();
    layers.stream()
        .filter(layer -> layer.level() == LayerLevel.L1 && lastImage.isBefore(layer.endLsn()))
        .forEach(layer -> above.add(layer.endLsn()));
    return above.size() >= imageThreshold;
  }

  private void makeImages(KeyRange range, List<LayerFile> layers, Lsn lsn, CancellationToken token)
      throws IOException {
    Set<PageKey> keys = new TreeSet<>();
    for (LayerFile layer : layers) {
      layer.entries(range).forEach(each -> keys.add(each.key()));
    }
    StoreState view = new StoreState(store.metadata(), List.of(), layers);
    List<ImageContent.Page> pages = new ArrayList<>();
    for (PageKey key : keys) {
      token.throwIfCancelled();
      PageSearch search = new PageSearch(key, lsn);
      for (LayerFile layer : view.others()) {
        search.in(layer);
      }
      Lsn newest = search.newest();
      ByteBuffer page = search.page();
      if (newest != null && page != null) {
        pages.add(new ImageContent.Page(key, newest, page));
      }
      if ((long) pages.size() * ImageContent.PAGE_BYTES >= targetSize) {
        writeImages(pages, lsn);
      }
    }
    writeImages(pages, lsn);
  }

  private void writeImages(List<ImageContent.Page> pages, Lsn lsn) throws IOException {
    if (!pages.isEmpty()) {
      KeyRange range = new KeyRange(pages.getFirst().key(), pages.getLast().key());
      Lsn oldest = pages.stream().map(ImageContent.Page::lsn).min(Comparator.naturalOrder()).orElse(lsn);
      LayerName name = new LayerName(LayerLevel.IMAGE, range, oldest, lsn, store.nextNumber());
      written.add(store.write(new ImageContent(name, List.copyOf(pages))));
      images++;
      pages.clear();
    }
  }
}
