// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.nio.ByteBuffer;
import java.time.Duration;

/** A timeline as its readers see it. Every method but {@link #scope} is called from within that scope. */
interface ServedTimeline {
  /** {@return the scope that readers visit} */
  Scope scope();

  /** {@return where the last record ends that was received} */
  Lsn lastRecordLsn();

  /** {@return where the record before that ends} */
  Lsn previousRecordLsn();

  /**
   * Waits until all up to an LSN is received.
   *
   * @throws CommandException if it is not, in time
   */
  void awaitLsn(Lsn lsn, Duration limit, CancellationToken token) throws CommandException, InterruptedException;

  /** {@return whether there is such a fork of a relation} */
  boolean exists(PageKey relation, Lsn lsn, CancellationToken token) throws CommandException, InterruptedException;

  /** {@return how many blocks a fork has} */
  int blocks(PageKey relation, Lsn lsn, CancellationToken token) throws CommandException, InterruptedException;

  /** {@return the 8 KiB of a page} */
  ByteBuffer page(PageKey page, Lsn lsn, CancellationToken token) throws CommandException, InterruptedException;

  /** {@return how many bytes the relations of a database have} */
  long databaseSize(int database, Lsn lsn, CancellationToken token) throws CommandException, InterruptedException;
}
