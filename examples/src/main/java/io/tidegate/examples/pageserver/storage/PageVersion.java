// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageEffect;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One version of a page, of which a layer has the whole or the record that made it.
 *
 * @param endLsn the position right after the record
 * @param effect what it takes to make the page of this version
 * @param isPage whether the content is the page itself, rather than the record
 * @param content reads it
 */
public record PageVersion(Lsn endLsn, PageEffect effect, boolean isPage, Content content) {
  /** Where the bytes of a version are. */
  @FunctionalInterface
  public interface Content {
    /**
     * {@return the bytes, read-only, in a buffer of the caller's own}
     *
     * @throws java.nio.channels.ClosedChannelException if the layer was closed or removed meanwhile
     * @throws IOException if the file cannot be read, or is damaged
     */
    ByteBuffer read() throws IOException;
  }

  /**
   * {@return the bytes, read-only, in a buffer of the caller's own}
   *
   * @throws java.nio.channels.ClosedChannelException if the layer was closed or removed meanwhile
   * @throws IOException if the file cannot be read, or is damaged
   */
  public ByteBuffer read() throws IOException {
    return content.read();
  }
}
