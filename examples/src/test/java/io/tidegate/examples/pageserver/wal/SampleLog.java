// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** A log of commits and relations, written by hand. It begins at {@link SampleRecords#START}. */
public final class SampleLog {
  private static final int XACT = 1;
  private static final int SMGR = 2;
  private static final int HEAP = 10;
  private static final int SMGR_CREATE = 0x10;
  private static final int HEAP_INIT_PAGE = 0x80;
  private static final byte SHORT_DATA = (byte) 255;
  private static final byte WILL_INIT = 0x40;
  private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");

  private final LogWriter log = new LogWriter();
  private final WalDecoder decoder = new WalDecoder(SampleRecords.START, LogWriter.LAYOUT);

  /** Appends a commit of a time. */
  public SampleLog commit(Instant time) {
    return append(XACT, 0, ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN)
        .put(SHORT_DATA).put((byte) Long.BYTES).putLong(ChronoUnit.MICROS.between(EPOCH, time)));
  }

  /** Appends the creation of a relation's main fork. */
  public SampleLog create(RelTag relation) {
    ByteBuffer body = ByteBuffer.allocate(18).order(ByteOrder.LITTLE_ENDIAN).put(SHORT_DATA).put((byte) 16);
    return append(SMGR, SMGR_CREATE, putRelation(body, relation).putInt(relation.fork()));
  }

  /** Appends a record that makes a page anew. */
  public SampleLog touch(RelTag relation, int block) {
    ByteBuffer body = ByteBuffer.allocate(25).order(ByteOrder.LITTLE_ENDIAN)
        .put((byte) 0).put((byte) (WILL_INIT | relation.fork())).putShort((short) 0);
    return append(HEAP, HEAP_INIT_PAGE, putRelation(body, relation).putInt(block)
        .put(SHORT_DATA).put((byte) 3).put(new byte[3]));
  }

  private static ByteBuffer putRelation(ByteBuffer body, RelTag relation) {
    return body.putInt(relation.tablespace()).putInt(relation.database()).putInt(relation.relation());
  }

  private SampleLog append(int resourceManager, int info, ByteBuffer body) {
    byte[] bytes = new byte[body.flip().remaining()];
    body.get(bytes);
    log.append(resourceManager, info, bytes);
    return this;
  }

  /** {@return the records that were appended since the last call} */
  public List<WalRecord> records() {
    int seen = (int) decoder.position().minus(SampleRecords.START);
    ByteBuffer all = log.log();
    return Decoding.feed(decoder, all.slice(seen, all.limit() - seen));
  }
}
