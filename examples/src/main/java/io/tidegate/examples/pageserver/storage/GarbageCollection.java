// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.wal.CommitTime;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.examples.pageserver.wal.RelTag;
import io.tidegate.examples.pageserver.wal.RelationMark;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Removes versions of pages that no read can ask for any more.
 *
 * <p>Reads ask at the cutoff, at any position after it, and at the branch points. A version is garbage if, for the first
 * of these positions at or after it, a later version has replaced all of the page by then, or its relation has ended. A file
 * of nothing but garbage is removed; one that is garbage by half is written anew without.
 *
 * <p><b>Threads:</b> one at a time for a store, and none beside a {@link Compaction} of it; blocks for I/O.
 */
public final class GarbageCollection {
  private final LayerStore store;
  private final Map<PageKey, Versions> versions = new HashMap<>();
  private final Map<PageKey, NavigableSet<Lsn>> drops = new HashMap<>();
  private final List<LayerFile> removed = new ArrayList<>();
  private final List<LayerFile> written = new ArrayList<>();
  private int neededByBranches;
  private int notUpdated;

  /** The versions that replace a page, and those of them that are in an image layer, with the newest such layer's end. */
  private record Versions(NavigableSet<Lsn> replacing, Map<Lsn, Lsn> images) {}

  /**
   * Prepares.
   *
   * @param store whose files
   */
  public GarbageCollection(LayerStore store) {
    this.store = store;
  }

  /**
   * {@return up to where all commits are older than a time: none that is younger ends there or before}
   *
   * @param store whose files
   * @param time the time
   */
  public static Lsn olderThan(LayerStore store, Instant time) {
    StoreState state = store.state();
    Lsn reached = state.metadata().startLsn();
    for (LayerFile layer : state.all()) {
      if (time.isBefore(layer.lastCommit())) {
        return reached;
      }
      reached = reached.isBefore(layer.endLsn()) ? layer.endLsn() : reached;
    }
    return reached;
  }

  /**
   * Raises the cutoff, and removes what is garbage then.
   *
   * @param cutoff from where on reads are to be answered; lower than it is already, it stays
   * @param branchPoints where else; asked for once the cutoff is raised
   * @param token ends it; then the cutoff has risen, and nothing is removed
   * @throws CorruptLayerException if a file does not hold what was written
   * @throws IOException if I/O fails; then nothing is removed
   * @throws io.tidegate.CancelledException if the token is cancelled
   */
  public void run(Lsn cutoff, Supplier<Set<Lsn>> branchPoints, CancellationToken token) throws IOException {
    if (store.gcCutoff().isBefore(cutoff)) {
      store.change(now -> new StoreState(
          now.metadata().with(new StoredLayers(
              now.metadata().stored().compactedLsn(), cutoff, now.metadata().stored().names())),
          now.level0(), now.others()));
    }
    Faults.point("gc.cutoff-raised", IOException::new);
    Lsn reached = store.gcCutoff();
    NavigableSet<Lsn> readable = new TreeSet<>(branchPoints.get());
    readable.removeIf(reached::isBefore);
    readable.add(reached);
    boolean done = false;
    try {
      for (LayerFile layer : store.state().others()) {
        token.throwIfCancelled();
        if (!reached.isBefore(layer.endLsn())) {
          look(layer, readable, reached, token);
        }
      }
      if (!removed.isEmpty()) {
        store.change(this::after);
      }
      done = true;
    } finally {
      if (!done) {
        written.forEach(LayerFile::remove);
      }
    }
  }

  /** {@return how many files are gone} */
  public int removed() {
    return removed.size();
  }

  /** {@return how many files stay because of branches only} */
  public int neededByBranches() {
    return neededByBranches;
  }

  /** {@return how many files stay because of versions that no later one replaces} */
  public int notUpdated() {
    return notUpdated;
  }

  private StoreState after(StoreState now) {
    List<LayerFile> others = new ArrayList<>(now.others());
    others.removeAll(removed);
    others.addAll(written);
    StoredLayers before = now.metadata().stored();
    StoredLayers stored = new StoredLayers(before.compactedLsn(), before.gcCutoffLsn(), Compaction.names(others));
    return new StoreState(now.metadata().with(stored), now.level0(), others);
  }

  private void look(LayerFile layer, NavigableSet<Lsn> readable, Lsn cutoff, CancellationToken token)
      throws IOException {
    NavigableSet<Lsn> cutoffOnly = new TreeSet<>(Set.of(cutoff));
    Set<IndexEntry> kept = new HashSet<>();
    long keptBytes = 0;
    boolean forBranches = true;
    for (IndexEntry entry : layer.entries(KeyRange.ALL)) {
      token.throwIfCancelled();
      if (!isGarbage(layer, entry, readable)) {
        kept.add(entry);
        keptBytes += entry.length();
        forBranches &= isGarbage(layer, entry, cutoffOnly);
      }
    }
    if (kept.isEmpty()) {
      removed.add(layer);
    } else if (layer.level() == LayerLevel.L1 && keptBytes * 2 <= layer.byteCount()) {
      LayerName old = layer.name();
      LayerName name = new LayerName(LayerLevel.L1, old.range(), old.startLsn(), old.endLsn(), store.nextNumber());
      written.add(store.write(new LayerCopy(name, List.of(layer), kept::contains, token)));
      removed.add(layer);
    } else if (forBranches) {
      neededByBranches++;
    } else {
      notUpdated++;
    }
  }

  private boolean isGarbage(LayerFile layer, IndexEntry entry, NavigableSet<Lsn> readable) throws IOException {
    if (RelationMark.isMark(entry.key()) && !entry.key().equals(CommitTime.KEY)) {
      return false;
    }
    Lsn read = readable.ceiling(entry.endLsn());
    if (read == null) {
      return false;
    }
    Versions known = versionsOf(entry.key());
    Lsn replacing = known.replacing.higher(entry.endLsn());
    if (replacing != null && !read.isBefore(replacing)) {
      return true;
    }
    Lsn image = known.images.get(entry.endLsn());
    boolean isCopied = image != null && (layer.level() != LayerLevel.IMAGE || layer.endLsn().isBefore(image));
    Lsn drop = dropsOf(entry.key()).higher(entry.endLsn());
    return isCopied || (drop != null && !read.isBefore(drop));
  }

  private Versions versionsOf(PageKey key) throws IOException {
    Versions known = versions.get(key);
    if (known == null) {
      known = new Versions(new TreeSet<>(), new HashMap<>());
      for (LayerFile layer : store.state().others()) {
        for (PageVersion version : layer.versions(key, layer.endLsn())) {
          if (version.effect().replaces()) {
            known.replacing.add(version.endLsn());
          }
          if (layer.level() == LayerLevel.IMAGE) {
            known.images.merge(
                version.endLsn(), layer.endLsn(), (one, other) -> one.isBefore(other) ? other : one);
          }
        }
      }
      versions.put(key, known);
    }
    return known;
  }

  /** {@return where the relation of a page was dropped} */
  private NavigableSet<Lsn> dropsOf(PageKey page) throws IOException {
    PageKey key = RelationMark.key(RelTag.of(page));
    NavigableSet<Lsn> known = drops.get(key);
    if (known == null) {
      known = new TreeSet<>(Comparator.naturalOrder());
      for (LayerFile layer : store.state().others()) {
        for (PageVersion version : layer.versions(key, layer.endLsn())) {
          boolean isDrop = RelationMark.of(WalRecord.ofStored(version.endLsn(), version.read())).stream()
              .anyMatch(mark -> mark.key().equals(key) && mark.kind() == RelationMark.Kind.DROP);
          if (isDrop) {
            known.add(version.endLsn());
          }
        }
      }
      drops.put(key, known);
    }
    return known;
  }
}
