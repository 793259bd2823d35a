// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import org.jspecify.annotations.Nullable;

/**
 * One page that a record changes, with the place of the page's share of the record's bytes.
 *
 * <p>See {@code XLogRecordBlockHeader} in PostgreSQL's {@code src/include/access/xlogrecord.h}.
 *
 * @param id the number by which the record's resource manager knows the page, 0 to 32
 * @param key the page's address
 * @param willInit whether replay makes the page anew, without looking at its former content
 * @param image the full-page image; null if the record has none of this page
 * @param dataOffset where the page's data begins in the record's bytes
 * @param dataLength the bytes of the page's data, the image not included; 0 if none
 */
public record BlockReference(
    int id, PageKey key, boolean willInit, @Nullable PageImage image, int dataOffset, int dataLength) {

  /** {@return whether the record has a full-page image of this page} */
  public boolean hasImage() {
    return image != null;
  }

  /** {@return the stored bytes of the image; 0 if there is none} */
  public int imageLength() {
    return image == null ? 0 : image.length();
  }

  /** {@return whether the page after this record can be made without the page before it} */
  public boolean replacesPage() {
    return willInit || (image != null && image.applied());
  }
}
