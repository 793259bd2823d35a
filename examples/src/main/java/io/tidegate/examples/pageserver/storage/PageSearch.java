// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageEffect;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.examples.pageserver.wal.PageRestore;
import io.tidegate.examples.pageserver.wal.WalRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a page as it is at a position, in one layer after the other, from the newest to the oldest.
 *
 * <p>A layer may be shown again: what was found is not found twice.
 *
 * <p><b>Threads:</b> for one thread at a time.
 */
public final class PageSearch {
  private final PageKey key;
  private Lsn upTo;
  /** Of the newest version; null before it is found. */
  private @Nullable Lsn newest;
  /** The record after which the page is as the version that replaced all of it; null if there is none. */
  private @Nullable Lsn firstRecord;
  /** The newest version that replaced all of the page; null before it is found. */
  private @Nullable PageVersion base;
  private @Nullable ByteBuffer page;

  /**
   * Begins.
   *
   * @param key the page
   * @param upTo the position
   */
  public PageSearch(PageKey key, Lsn upTo) {
    this.key = key;
    this.upTo = upTo;
  }

  /** {@return the page} */
  public PageKey key() {
    return key;
  }

  /** {@return up to where older layers are still of interest} */
  public Lsn upTo() {
    return upTo;
  }

  /**
   * Goes on with a timeline that knows of the page's log only up to a position: the ancestor, at the branch point.
   *
   * @param position the end of the last record that is of interest there
   */
  public void goBackTo(Lsn position) {
    upTo = position.isBefore(upTo) ? position : upTo;
  }

  /** {@return whether older layers can add nothing} */
  public boolean isDone() {
    return base != null;
  }

  /**
   * Looks into a layer. Does nothing if the search is done.
   *
   * @throws CorruptLayerException if a file does not hold what was written
   * @throws IOException if a file cannot be read
   */
  public void in(Layer layer) throws IOException {
    if (isDone() || (!layer.startLsn().isBefore(upTo) && !isImage(layer))) {
      return;
    }
    List<PageVersion> versions = layer.versions(key, upTo);
    for (int i = versions.size() - 1; i >= 0 && !isDone(); i--) {
      add(versions.get(i));
    }
  }

  private static boolean isImage(Layer layer) {
    return layer instanceof LayerFile file && file.level() == LayerLevel.IMAGE;
  }

  /* The content is read before anything is noted: a search goes on in the layers that came in the place of this one. */
  private void add(PageVersion version) throws IOException {
    if (newest == null && version.effect() == PageEffect.IMAGE) {
      page = page(version);
    }
    if (newest == null) {
      newest = version.endLsn();
    }
    if (version.effect() != PageEffect.IMAGE) {
      firstRecord = version.endLsn();
    }
    if (version.effect().replaces()) {
      base = version;
    }
    upTo = version.endLsn().plus(-1);
  }

  private ByteBuffer page(PageVersion version) throws IOException {
    ByteBuffer content = version.read();
    return version.isPage() ? content : PageRestore.page(WalRecord.ofStored(version.endLsn(), content), key);
  }

  /** {@return the end of the record that made the newest version; null if nothing was found} */
  public @Nullable Lsn newest() {
    return newest;
  }

  /** {@return the page, 8 KiB, if the newest version is all of it; null if a record must be replayed first} */
  public @Nullable ByteBuffer page() {
    return page;
  }

  /** {@return the end of the record that left an image of the page, to replay others on; null if none was found} */
  public @Nullable Lsn imageLsn() {
    PageVersion found = base;
    return found != null && found.effect() == PageEffect.IMAGE ? found.endLsn() : null;
  }

  /** {@return the end of the first record to replay; null if none is needed, or nothing was found} */
  public @Nullable Lsn firstRecord() {
    return firstRecord;
  }
}
