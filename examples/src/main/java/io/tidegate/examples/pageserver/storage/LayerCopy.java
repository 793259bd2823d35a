// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.CancellationToken;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The content of a file of level 1: versions of the pages of a range, taken from files that follow each other. */
final class LayerCopy implements LayerContent {
  private static final Comparator<IndexEntry> ORDER =
      Comparator.comparing(IndexEntry::key).thenComparing(IndexEntry::endLsn);

  /** So many records are copied before it is looked again whether to stop. */
  private static final int STEP = 256;

  private final LayerName name;
  private final CancellationToken token;
  private final List<Part> parts = new ArrayList<>();
  /** With positions in the new file, in the order of the index. */
  private final List<IndexEntry> entries = new ArrayList<>();
  private long recordCount;
  private long dataBytes;

  /** The records of one file, each once, in the order of the log. */
  private record Part(LayerFile source, List<IndexEntry> records) {}

  /**
   * Finds what belongs to the new file.
   *
   * @param name the new file's name, which has the range
   * @param sources the files, in the order of the log
   * @param wanted which entries to keep
   * @param token ends it, also while the file is written
   */
  LayerCopy(LayerName name, List<LayerFile> sources, Predicate<IndexEntry> wanted, CancellationToken token)
      throws IOException {
    this.name = name;
    this.token = token;
    for (LayerFile source : sources) {
      add(source, source.entries(name.range()).stream().filter(wanted).toList());
    }
    entries.sort(ORDER);
  }

  private void add(LayerFile source, List<IndexEntry> found) {
    List<IndexEntry> byPosition = new ArrayList<>(found);
    byPosition.sort(Comparator.comparingLong(IndexEntry::position));
    Map<Long, Long> moved = new HashMap<>();
    List<IndexEntry> records = new ArrayList<>();
    for (IndexEntry each : byPosition) {
      if (moved.putIfAbsent(each.position(), dataBytes) == null) {
        records.add(each);
        recordCount++;
        dataBytes += RecordLog.HEADER_BYTES + each.length();
      }
    }
    for (IndexEntry each : found) {
      entries.add(each.movedTo(moved.getOrDefault(each.position(), 0L)));
    }
    parts.add(new Part(source, records));
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  @Override
  public LayerName name() {
    return name;
  }

  @Override
  public Instant lastCommit() {
    return parts.stream().map(part -> part.source.lastCommit()).max(Comparator.naturalOrder()).orElse(Instant.EPOCH);
  }

  @Override
  public long recordCount() {
    return recordCount;
  }

  @Override
  public long dataBytes() {
    return dataBytes;
  }

  @Override
  public long entryCount() {
    return entries.size();
  }

  @Override
  public void writeData(Disk.Output out) throws IOException {
    for (Part part : parts) {
      int count = part.records.size();
      for (int from = 0; from < count; from += STEP) {
        token.throwIfCancelled();
        part.source.copy(part.records.subList(from, Math.min(from + STEP, count)), out);
      }
    }
  }

  @Override
  public void writeEntries(EntrySink to) throws IOException {
    for (IndexEntry each : entries) {
      to.add(each);
    }
  }
}
