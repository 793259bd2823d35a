// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a record does with a relation or a database as a whole.
 *
 * <p>Layers file it under a key of its own, which is that of no page and sorts behind the pages of the relation: {@link
 * #key(RelTag)}, {@link #databaseKey}.
 *
 * <p>See {@code xl_smgr_create} and {@code xl_smgr_truncate} in PostgreSQL's {@code src/include/catalog/storage_xlog.h},
 * {@code xl_xact_commit} in {@code src/include/access/xact.h}, {@code src/include/commands/dbcommands_xlog.h}.
 *
 * @param kind what happens
 * @param relation the relation, of which only {@link Kind#CREATE} means one fork and the others all; of a database its
 *     number is 0
 * @param blocks {@link Kind#TRUNCATE}: the length of the main fork afterwards, unsigned; else 0
 * @param forks {@link Kind#TRUNCATE}: which forks, as bits by fork number; else 0
 */
public record RelationMark(Kind kind, RelTag relation, int blocks, int forks) {
  /** What happens. */
  public enum Kind {
    /** A fork begins, with no page. */
    CREATE,
    /** Pages behind a block end. */
    TRUNCATE,
    /** The relation ends with all forks. */
    DROP,
    /** A database begins; all that it has is logged. */
    CREATE_DATABASE,
    /** A database begins as a copy of files, which are not in the log. */
    COPY_DATABASE,
    /** A database ends with all relations. */
    DROP_DATABASE
  }

  private static final byte FORK = Byte.MAX_VALUE;
  private static final int BLOCK = -1;

  /* Resource managers of src/include/access/rmgrlist.h, and their operations. */
  private static final int XACT = 1;
  private static final int SMGR = 2;
  private static final int DBASE = 4;
  private static final int XACT_MASK = 0x70;
  private static final int COMMIT = 0x00;
  private static final int ABORT = 0x20;
  private static final int COMMIT_PREPARED = 0x30;
  private static final int ABORT_PREPARED = 0x40;
  private static final int XACT_HAS_INFO = 0x80;
  private static final int HAS_DATABASE = 1;
  private static final int HAS_CHILDREN = 2;
  private static final int HAS_RELATIONS = 4;
  private static final int SMGR_CREATE = 0x10;
  private static final int SMGR_TRUNCATE = 0x20;
  private static final int DBASE_COPY = 0x00;
  private static final int DBASE_CREATE = 0x10;
  private static final int DBASE_DROP = 0x20;
  private static final int OPERATION = 0xF0;

  /* The flags of a truncation, in the order of the fork numbers 0, 2, 1. */
  private static final int TRUNCATE_HEAP = 1;
  private static final int TRUNCATE_VISIBILITY_MAP = 2;
  private static final int TRUNCATE_FREE_SPACE_MAP = 4;

  /** {@return under what key layers file the marks of a relation, whichever fork is given} */
  public static PageKey key(RelTag relation) {
    return new PageKey(relation.tablespace(), relation.database(), relation.relation(), FORK, BLOCK);
  }

  /** {@return under what key layers file the marks of a database} */
  public static PageKey databaseKey(int tablespace, int database) {
    return new PageKey(tablespace, database, 0, FORK, BLOCK);
  }

  /** {@return whether a key is that of marks, and of no page} */
  public static boolean isMark(PageKey key) {
    return key.fork() == FORK && key.block() == BLOCK;
  }

  /** {@return the key of this mark} */
  public PageKey key() {
    return key(relation);
  }

  /** {@return the marks that a record sets} */
  public static List<RelationMark> of(WalRecord record) {
    return switch (record.resourceManager()) {
      case XACT -> ofTransaction(record);
      case SMGR -> ofStorage(record);
      case DBASE -> ofDatabase(record);
      default -> List.of();
    };
  }

  private static List<RelationMark> ofStorage(WalRecord record) {
    ByteBuffer data = record.mainData();
    return switch (record.info() & OPERATION) {
      case SMGR_CREATE -> {
        int fork = data.getInt(12);
        yield List.of(new RelationMark(Kind.CREATE, relation(data, 0).fork((byte) fork), 0, 0));
      }
      case SMGR_TRUNCATE ->
          List.of(new RelationMark(Kind.TRUNCATE, relation(data, 4), data.getInt(0), forks(data.getInt(16))));
      default -> List.of();
    };
  }

  private static int forks(int flags) {
    return ((flags & TRUNCATE_HEAP) != 0 ? 1 << RelTag.MAIN : 0)
        | ((flags & TRUNCATE_VISIBILITY_MAP) != 0 ? 1 << RelTag.VISIBILITY_MAP : 0)
        | ((flags & TRUNCATE_FREE_SPACE_MAP) != 0 ? 1 << RelTag.FREE_SPACE_MAP : 0);
  }

  /** A commit ends the relations that it drops; an abort those that it would have created. */
  private static List<RelationMark> ofTransaction(WalRecord record) {
    int operation = record.info() & XACT_MASK;
    boolean ends = operation == COMMIT || operation == ABORT
        || operation == COMMIT_PREPARED || operation == ABORT_PREPARED;
    if (!ends || (record.info() & XACT_HAS_INFO) == 0) {
      return List.of();
    }
    ByteBuffer data = record.mainData().position(Long.BYTES); // after the time
    int info = data.getInt();
    if ((info & HAS_DATABASE) != 0) {
      data.position(data.position() + 2 * Integer.BYTES);
    }
    if ((info & HAS_CHILDREN) != 0) {
      int count = data.getInt();
      data.position(data.position() + count * Integer.BYTES);
    }
    List<RelationMark> dropped = new ArrayList<>();
    if ((info & HAS_RELATIONS) != 0) {
      for (int left = data.getInt(); left > 0; left--) {
        dropped.add(new RelationMark(Kind.DROP, relation(data, data.position()), 0, 0));
        data.position(data.position() + 3 * Integer.BYTES);
      }
    }
    return dropped;
  }

  private static List<RelationMark> ofDatabase(WalRecord record) {
    ByteBuffer data = record.mainData();
    int database = data.getInt(0);
    return switch (record.info() & OPERATION) {
      case DBASE_COPY -> List.of(ofDatabase(Kind.COPY_DATABASE, data.getInt(4), database));
      case DBASE_CREATE -> List.of(ofDatabase(Kind.CREATE_DATABASE, data.getInt(4), database));
      case DBASE_DROP -> {
        List<RelationMark> dropped = new ArrayList<>();
        for (int i = 0; i < data.getInt(4); i++) {
          dropped.add(ofDatabase(Kind.DROP_DATABASE, data.getInt(8 + i * Integer.BYTES), database));
        }
        yield dropped;
      }
      default -> List.of();
    };
  }

  private static RelationMark ofDatabase(Kind kind, int tablespace, int database) {
    return new RelationMark(kind, new RelTag(tablespace, database, 0, RelTag.MAIN), 0, 0);
  }

  private static RelTag relation(ByteBuffer data, int at) {
    return new RelTag(data.getInt(at), data.getInt(at + 4), data.getInt(at + 8), RelTag.MAIN);
  }
}
