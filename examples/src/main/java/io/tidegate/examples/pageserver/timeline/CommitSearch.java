// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.examples.pageserver.storage.Layer;
import io.tidegate.examples.pageserver.storage.LayerFile;
import io.tidegate.examples.pageserver.storage.LayerLevel;
import io.tidegate.examples.pageserver.storage.PageVersion;
import io.tidegate.examples.pageserver.timeline.LsnAtTime.Kind;
import io.tidegate.examples.pageserver.wal.CommitTime;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the first commit that is later than a time, and the one before it. Aborts change nothing that can be seen, and do
 * not count.
 *
 * <p>Layers may be looked into in any order, and again: what is noted of one is true whatever others say. Of a file
 * without a later commit only the index is read.
 *
 * <p><b>Threads:</b> for one thread; blocks for I/O.
 */
final class CommitSearch {
  private final Instant time;
  /** The ends of some commits, and whether they are later than the time: of each layer those around the first later one. */
  private final NavigableMap<Lsn, Boolean> commits = new TreeMap<>();

  CommitSearch(Instant time) {
    this.time = time;
  }

  /** Looks into a layer for commits that end at {@code upTo} or before. */
  void in(Layer layer, Lsn upTo) throws IOException {
    if (layer instanceof LayerFile file) {
      if (file.level() == LayerLevel.IMAGE || !file.range().contains(CommitTime.KEY)) {
        return;
      }
      if (!time.isBefore(file.lastCommit())) {
        List<PageVersion> earlier = file.versions(CommitTime.KEY, upTo);
        if (!earlier.isEmpty()) {
          commits.put(earlier.getLast().endLsn(), false);
        }
        return;
      }
    }
    layer.forEach(new Edge(upTo));
  }

  /** Sees the records of a layer in their order. */
  private final class Edge implements Layer.Visitor {
    private final Lsn upTo;
    private @Nullable Lsn last;
    private boolean isFound;

    Edge(Lsn upTo) {
      this.upTo = upTo;
    }

    @Override
    public void visit(Lsn endLsn, ByteBuffer bytes) {
      Optional<Instant> commit =
          isFound || upTo.isBefore(endLsn) ? Optional.empty() : CommitTime.ofStored(endLsn, bytes);
      if (commit.isPresent()) {
        isFound = time.isBefore(commit.get());
        commits.put(endLsn, isFound);
        if (last != null && !isFound) {
          commits.remove(last);
        }
        last = endLsn;
      }
    }
  }

  /**
   * {@return the answer}
   *
   * @param oldest from where on reads are answered
   * @param end the end of the log
   */
  LsnAtTime answer(Lsn oldest, Lsn end) {
    if (commits.isEmpty()) {
      return new LsnAtTime(Kind.NODATA, oldest);
    }
    Optional<Lsn> later = commits.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).findFirst();
    if (later.isEmpty()) {
      return new LsnAtTime(Kind.FUTURE, end);
    }
    Lsn earlier = commits.lowerKey(later.get());
    if (earlier == null || !oldest.isBefore(later.get())) {
      return new LsnAtTime(Kind.PAST, oldest);
    }
    return new LsnAtTime(Kind.PRESENT, oldest.isBefore(earlier) ? earlier : oldest);
  }
}
