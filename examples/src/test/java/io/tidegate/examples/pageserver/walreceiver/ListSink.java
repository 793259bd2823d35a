// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.sync.Watch;

/** Takes records, checks that none is missing or comes twice, and blocks for as long as a test wants. */
final class ListSink implements WalSink {
  private final Watch<Boolean> open = Watch.of(true);
  private volatile Lsn last;
  private volatile Lsn durable;
  private volatile Lsn remote;

  ListSink(Lsn start) {
    last = start;
    durable = start;
    remote = start;
  }

  /** Lets no record in any more, or all. */
  void setOpen(boolean isOpen) {
    open.set(isOpen);
  }

  void setDurable(Lsn disk, Lsn storage) {
    durable = disk;
    remote = storage;
  }

  @Override
  public Lsn lastRecordLsn() {
    return last;
  }

  @Override
  public Lsn diskConsistentLsn() {
    return durable;
  }

  @Override
  public Lsn remoteConsistentLsn() {
    return remote;
  }

  @Override
  public void put(WalRecord record, CancellationToken token) throws InterruptedException {
    open.await(isOpen -> isOpen, token);
    if (record.start().isBefore(last) || record.start().minus(last) > 40) {
      throw new AssertionError(record + " does not follow " + last); // but a page header may come between
    }
    last = record.end();
  }
}
