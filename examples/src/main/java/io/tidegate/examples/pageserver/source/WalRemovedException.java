// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import org.jspecify.annotations.Nullable;

/**
 * A WAL position that the server no longer has: its segment was removed, or the replication slot that kept it is
 * invalid.
 *
 * <p>Retrying is pointless. The bytes are lost, so whoever needs them must begin anew: from a new slot, with an empty
 * store.
 */
public final class WalRemovedException extends SourceException {
  private static final long serialVersionUID = 1L;

  WalRemovedException(String message, @Nullable Throwable cause) {
    super(message, false, cause);
  }
}
