// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice.wire;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.nio.ByteBuffer;

/** A request in a stream of version 2. */
public sealed interface PageRequest {
  /** The LSN that stands for the newest there is. */
  Lsn LATEST = new Lsn(-1L);

  /** {@return as of when} */
  AsOf asOf();

  /**
   * The point in the log that is asked about.
   *
   * @param request the state after the last record that ends here or before; {@link #LATEST} for the newest
   * @param notModifiedSince the client knows that nothing has changed between this and {@code request}: the answer need not
   *     wait for more than this
   */
  record AsOf(Lsn request, Lsn notModifiedSince) {}

  /**
   * Asks whether there is such a fork of a relation.
   *
   * @param asOf as of when
   * @param relation any page of it
   */
  record Exists(AsOf asOf, PageKey relation) implements PageRequest {}

  /**
   * Asks how many blocks a fork of a relation has.
   *
   * @param asOf as of when
   * @param relation any page of it
   */
  record Blocks(AsOf asOf, PageKey relation) implements PageRequest {}

  /**
   * Asks for a page.
   *
   * @param asOf as of when
   * @param page which
   */
  record Page(AsOf asOf, PageKey page) implements PageRequest {}

  /**
   * Asks how many bytes the relations of a database have.
   *
   * @param asOf as of when
   * @param database its OID, unsigned
   */
  record DatabaseSize(AsOf asOf, int database) implements PageRequest {}

  /**
   * {@return the request that a piece of copy data is}
   *
   * @param bytes the piece
   * @throws ProtocolViolationException if it is none
   */
  static PageRequest parse(ByteBuffer bytes) throws ProtocolViolationException {
    Fields fields = new Fields("the page request", bytes);
    int tag = Byte.toUnsignedInt(fields.int8());
    if (tag > 3) {
      throw new ProtocolViolationException("there is no page request " + tag);
    }
    AsOf asOf = new AsOf(new Lsn(fields.int64()), new Lsn(fields.int64()));
    PageRequest request = switch (tag) {
      case 0 -> new Exists(asOf, page(fields, false));
      case 1 -> new Blocks(asOf, page(fields, false));
      case 2 -> new Page(asOf, page(fields, true));
      default -> new DatabaseSize(asOf, fields.int32());
    };
    fields.end();
    return request;
  }

  private static PageKey page(Fields fields, boolean withBlock) throws ProtocolViolationException {
    int tablespace = fields.int32();
    int database = fields.int32();
    int relation = fields.int32();
    byte fork = fields.int8();
    return new PageKey(tablespace, database, relation, fork, withBlock ? fields.int32() : 0);
  }
}
