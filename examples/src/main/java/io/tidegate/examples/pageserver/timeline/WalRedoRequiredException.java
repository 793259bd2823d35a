// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The page is known as an image and records after it, or as records only; nobody here can replay records. */
public final class WalRedoRequiredException extends ReadException {
  private static final long serialVersionUID = 1L;

  private final transient PageKey key;
  private final transient @Nullable Lsn imageLsn;
  private final transient Lsn recordLsn;

  WalRedoRequiredException(PageKey key, @Nullable Lsn imageLsn, Lsn recordLsn) {
    super("page " + key + (imageLsn == null ? " has no image" : " has its last image at " + imageLsn)
        + ", and the record that ends at " + recordLsn + " would have to be replayed");
    this.key = key;
    this.imageLsn = imageLsn;
    this.recordLsn = recordLsn;
  }

  /** {@return the page} */
  public PageKey key() {
    return key;
  }

  /** {@return the position of the page's last full image; empty if there is none} */
  public Optional<Lsn> imageLsn() {
    return Optional.ofNullable(imageLsn);
  }

  /** {@return the end of the first record that would have to be replayed} */
  public Lsn recordLsn() {
    return recordLsn;
  }
}
