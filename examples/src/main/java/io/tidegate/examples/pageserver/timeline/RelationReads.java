// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.examples.pageserver.storage.KeyRange;
import io.tidegate.examples.pageserver.storage.Layer;
import io.tidegate.examples.pageserver.storage.LayerFile;
import io.tidegate.examples.pageserver.storage.PageVersion;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.examples.pageserver.wal.RelTag;
import io.tidegate.examples.pageserver.wal.RelationMark;
import io.tidegate.examples.pageserver.wal.WalRecord;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * Questions about relations as a whole at one position, answered from their marks and from the pages that were touched.
 *
 * <p>The length of a relation follows from where it began or was cut off, and the highest page touched since. What was
 * there before the timeline's log began is not known, and not guessed.
 *
 * <p><b>Threads:</b> for one thread at a time; blocks for I/O.
 */
final class RelationReads {
  /** Shows the layers of a timeline and its ancestors, from the newest to the oldest, some of them again maybe. */
  interface Layers {
    void each(Lsn upTo, Look look) throws IOException;
  }

  interface Look {
    /** Looks into a layer for what ends at {@code upTo} or before. */
    void in(Layer layer, Lsn upTo) throws IOException;
  }

  /** How a relation began. */
  private enum Origin {
    /** It is not there. */
    ABSENT,
    /** It was created since the log began. */
    CREATED,
    /** It was there, if at all, before the log began. */
    BEFORE
  }

  /** How many pages of the heap one page of the visibility map is for. */
  private static final int MAPPED_PAGES = (8192 - 24) * 4;

  private final Layers layers;
  private final Lsn lsn;

  RelationReads(Layers layers, Lsn lsn) {
    this.layers = layers;
    this.lsn = lsn;
  }

  boolean exists(RelTag tag) throws IOException, ReadException {
    NavigableMap<Lsn, RelationMark> marks = marks(RelationMark.key(tag), Lsn.INVALID);
    return switch (origin(tag, marks)) {
      case ABSENT -> false;
      case CREATED -> tag.fork() == RelTag.MAIN || existsBeside(tag, marks);
      case BEFORE -> {
        if ((tag.fork() == RelTag.MAIN && !marks.isEmpty()) || isTouched(tag, Lsn.INVALID)) {
          yield true;
        }
        throw new RelationNotTrackedException("relation " + tag, lsn, "not a page of it was touched since the log began");
      }
    };
  }

  /** Whether a fork came to a relation that was created: only the free space map can come without a trace. */
  private boolean existsBeside(RelTag tag, NavigableMap<Lsn, RelationMark> marks)
      throws IOException, ReadException {
    boolean created = marks.descendingMap().values().stream()
        .takeWhile(mark -> mark.kind() != RelationMark.Kind.DROP)
        .anyMatch(mark -> mark.kind() == RelationMark.Kind.CREATE && mark.relation().fork() == tag.fork());
    if (created || isTouched(tag, beginOf(marks))) {
      return true;
    }
    if (tag.fork() == RelTag.FREE_SPACE_MAP) {
      throw new RelationNotTrackedException("relation " + tag, lsn, "the log does not tell of free space maps");
    }
    return false;
  }

  /** {@return the length in pages} */
  long size(RelTag tag) throws IOException, ReadException {
    NavigableMap<Lsn, RelationMark> marks = marks(RelationMark.key(tag), Lsn.INVALID);
    Origin origin = origin(tag, marks);
    if (origin == Origin.ABSENT) {
      throw new UnknownRelationException("relation " + tag, lsn);
    }
    if (tag.fork() == RelTag.FREE_SPACE_MAP) {
      throw new RelationNotTrackedException("size of " + tag, lsn, "the log does not tell of free space maps");
    }
    NavigableMap<Lsn, Long> limits = limits(tag, marks, origin);
    if (limits.isEmpty()) {
      throw new RelationNotTrackedException("size of " + tag, lsn, "the relation was there before the log began");
    }
    return fold(limits, highestBySegment(tag, limits));
  }

  /** {@return the size in bytes of all relations of a database, without free space maps} */
  long databaseSize(int database) throws IOException, ReadException {
    Set<RelTag> relations = new HashSet<>();
    Set<PageKey> databases = new HashSet<>();
    layers.each(lsn, (layer, upTo) -> layer.scan(KeyRange.ALL, (key, version) -> {
      if (key.database() == database && !upTo.isBefore(version.endLsn())) {
        if (!RelationMark.isMark(key)) {
          relations.add(RelTag.of(key));
        } else if (key.relation() == 0) {
          databases.add(key);
        } else {
          relations.add(new RelTag(key.tablespace(), key.database(), key.relation(), RelTag.MAIN));
        }
      }
    }));
    checkCreated(database, databases);
    long pages = 0;
    for (RelTag each : relations) {
      boolean counts = each.fork() != RelTag.FREE_SPACE_MAP
          && origin(each, marks(RelationMark.key(each), Lsn.INVALID)) == Origin.CREATED;
      pages += counts ? size(each) : 0;
    }
    return pages * 8192;
  }

  /** {@return the size of all relations, without free space maps} */
  LogicalSize.Known total() throws IOException {
    Set<RelTag> relations = new HashSet<>();
    layers.each(lsn, (layer, upTo) -> layer.scan(KeyRange.ALL, (key, version) -> {
      boolean isRelation = !RelationMark.isMark(key) || key.relation() != 0;
      if (isRelation && !upTo.isBefore(version.endLsn())) {
        relations.add(RelationMark.isMark(key) ? RelTag.of(key).fork(RelTag.MAIN) : RelTag.of(key));
      }
    }));
    long pages = 0;
    boolean isExact = true;
    for (RelTag each : relations) {
      NavigableMap<Lsn, RelationMark> marks = marks(RelationMark.key(each), Lsn.INVALID);
      Origin origin = origin(each, marks);
      if (each.fork() != RelTag.FREE_SPACE_MAP && origin != Origin.ABSENT) {
        NavigableMap<Lsn, Long> limits = limits(each, marks, origin);
        if (limits.isEmpty()) {
          isExact = false;
          limits.put(Lsn.INVALID, 0L);
        }
        pages += fold(limits, highestBySegment(each, limits));
      }
    }
    return new LogicalSize.Known(lsn, pages * 8192, isExact);
  }

  private void checkCreated(int database, Set<PageKey> databases) throws IOException, ReadException {
    String what = "database " + Integer.toUnsignedString(database);
    boolean dropped = false;
    for (PageKey key : databases) {
      Map.Entry<Lsn, RelationMark> last = marks(key, Lsn.INVALID).lastEntry();
      if (last != null && last.getValue().kind() == RelationMark.Kind.CREATE_DATABASE) {
        return;
      }
      dropped |= last != null && last.getValue().kind() == RelationMark.Kind.DROP_DATABASE;
    }
    if (dropped) {
      throw new UnknownRelationException(what, lsn);
    }
    throw new RelationNotTrackedException("size of " + what, lsn, "it was there before the log began, or copied as files");
  }

  /** {@return whether what ended a page came after a version of it: the relation's end, or a cut before the page} */
  boolean hasEnded(PageKey key, Lsn version) throws IOException {
    for (RelationMark mark : marks(RelationMark.key(RelTag.of(key)), version).values()) {
      boolean ends = switch (mark.kind()) {
        case CREATE -> mark.relation().fork() == key.fork();
        case DROP -> true;
        case TRUNCATE -> (mark.forks() & (1 << key.fork())) != 0
            && Integer.toUnsignedLong(key.block()) >= lengthAfter(mark, key.fork());
        default -> false;
      };
      if (ends) {
        return true;
      }
    }
    return marks(RelationMark.databaseKey(key.tablespace(), key.database()), version).values().stream()
        .anyMatch(mark -> mark.kind() == RelationMark.Kind.DROP_DATABASE);
  }

  private Origin origin(RelTag tag, NavigableMap<Lsn, RelationMark> marks) throws IOException {
    for (RelationMark mark : marks.descendingMap().values()) {
      if (mark.kind() == RelationMark.Kind.DROP) {
        return Origin.ABSENT;
      }
      if (mark.kind() == RelationMark.Kind.CREATE && mark.relation().fork() == RelTag.MAIN) {
        return Origin.CREATED;
      }
    }
    Map.Entry<Lsn, RelationMark> last =
        marks(RelationMark.databaseKey(tag.tablespace(), tag.database()), Lsn.INVALID).lastEntry();
    return last == null || last.getValue().kind() == RelationMark.Kind.COPY_DATABASE ? Origin.BEFORE : Origin.ABSENT;
  }

  /** {@return where the length is known, and what it is at most there} */
  private NavigableMap<Lsn, Long> limits(RelTag tag, NavigableMap<Lsn, RelationMark> marks, Origin origin) {
    NavigableMap<Lsn, Long> limits = new TreeMap<>();
    boolean known = origin == Origin.CREATED;
    if (known) {
      limits.put(beginOf(marks), 0L);
    }
    Lsn begin = known ? beginOf(marks) : Lsn.INVALID;
    for (Map.Entry<Lsn, RelationMark> each : marks.tailMap(begin, false).entrySet()) {
      boolean cuts = each.getValue().kind() == RelationMark.Kind.TRUNCATE
          && (each.getValue().forks() & (1 << tag.fork())) != 0;
      if (cuts && (known || tag.fork() == RelTag.MAIN)) {
        limits.put(each.getKey(), lengthAfter(each.getValue(), tag.fork()));
        known = true;
      }
    }
    return limits;
  }

  private static Lsn beginOf(NavigableMap<Lsn, RelationMark> marks) {
    for (Map.Entry<Lsn, RelationMark> each : marks.descendingMap().entrySet()) {
      RelationMark mark = each.getValue();
      if (mark.kind() == RelationMark.Kind.CREATE && mark.relation().fork() == RelTag.MAIN) {
        return each.getKey();
      }
    }
    return Lsn.INVALID;
  }

  /** {@return for each position from which on a limit holds, up to the next, how long the pages touched make it} */
  private Map<Lsn, Long> highestBySegment(RelTag tag, NavigableMap<Lsn, Long> limits) throws IOException {
    Map<Lsn, Long> highest = new TreeMap<>();
    layers.each(lsn, (layer, upTo) -> layer.scan(KeyRange.of(tag), (key, version) -> {
      Lsn segment = upTo.isBefore(version.endLsn()) ? null : limits.lowerKey(version.endLsn());
      if (segment != null) {
        highest.merge(segment, Integer.toUnsignedLong(key.block()) + 1, Math::max);
      }
    }));
    return highest;
  }

  /** The first limit is the length there; each later one cuts off what is above. */
  private static long fold(NavigableMap<Lsn, Long> limits, Map<Lsn, Long> highest) {
    long length = limits.firstEntry().getValue();
    for (Map.Entry<Lsn, Long> limit : limits.entrySet()) {
      length = Math.max(Math.min(length, limit.getValue()), highest.getOrDefault(limit.getKey(), 0L));
    }
    return length;
  }

  /** {@return how long a fork is at most after a truncation; of a free space map it is not worked out} */
  private static long lengthAfter(RelationMark truncate, byte fork) {
    long blocks = Integer.toUnsignedLong(truncate.blocks());
    return switch (fork) {
      case RelTag.MAIN -> blocks;
      case RelTag.VISIBILITY_MAP -> Math.ceilDiv(blocks, (long) MAPPED_PAGES);
      default -> Long.MAX_VALUE;
    };
  }

  private boolean isTouched(RelTag tag, Lsn after) throws IOException {
    boolean[] touched = {false};
    layers.each(lsn, (layer, upTo) -> {
      if (!touched[0]) {
        layer.scan(KeyRange.of(tag), (key, version) ->
            touched[0] |= after.isBefore(version.endLsn()) && !upTo.isBefore(version.endLsn()));
      }
    });
    return touched[0];
  }

  /** {@return the marks under a key after a position, by position} */
  private NavigableMap<Lsn, RelationMark> marks(PageKey key, Lsn after) throws IOException {
    NavigableMap<Lsn, RelationMark> marks = new TreeMap<>();
    layers.each(lsn, (layer, upTo) -> {
      if (layer instanceof LayerFile file && !after.isBefore(file.endLsn())) {
        return;
      }
      for (PageVersion version : layer.versions(key, upTo)) {
        if (after.isBefore(version.endLsn())) {
          WalRecord record = WalRecord.ofStored(version.endLsn(), version.read());
          RelationMark.of(record).stream()
              .filter(mark -> mark.key().equals(key))
              .forEach(mark -> marks.put(version.endLsn(), mark));
        }
      }
    });
    return marks;
  }
}
