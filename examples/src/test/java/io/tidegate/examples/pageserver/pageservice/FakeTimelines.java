// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.pageservice.wire.SqlState;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.sync.SeqWait;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One tenant with one timeline, whose pages tell which they are. Safe for use by any thread. */
final class FakeTimelines implements ServedTimelines, ServedTimeline {
  static final TenantId TENANT = new TenantId(1, 2);
  static final TimelineId TIMELINE = new TimelineId(3, 4);

  /** A relation that reading fails of. */
  static final int BROKEN_RELATION = 666;

  private final Scope scope;
  private final AtomicInteger pages = new AtomicInteger();
  private volatile @Nullable Thread reader;
  private final SeqWait lsn = SeqWait.startingAt("fake", 0x1000);

  FakeTimelines(Scope server) {
    this.scope = server.child("timeline");
  }

  /** Receives up to an LSN. */
  void advance(long to) {
    lsn.advance(to);
  }

  /** {@return how many requests wait for an LSN} */
  int waiting() {
    return lsn.waiting();
  }

  /** {@return how many pages were read} */
  int pages() {
    return pages.get();
  }

  /** {@return who read the last one} */
  @Nullable Thread reader() {
    return reader;
  }

  @Override
  public ServedTimeline find(TenantId tenant, TimelineId timeline, CancellationToken token) throws CommandException {
    if (!tenant.equals(TENANT) || !timeline.equals(TIMELINE)) {
      throw new CommandException(SqlState.UNDEFINED_OBJECT, "there is no timeline " + timeline);
    }
    return this;
  }

  @Override
  public SequencedMap<String, String> settings(TenantId tenant) throws CommandException {
    find(tenant, TIMELINE, CancellationToken.none());
    return new TreeMap<>(Map.of("checkpoint_distance", "1024", "checkpoint_timeout", "30s"));
  }

  @Override
  public List<List<String>> status() {
    return List.of(List.of(TENANT.toString(), TIMELINE.toString(), "active", lastRecordLsn().toString(), "0/0"));
  }

  @Override
  public Scope scope() {
    return scope;
  }

  @Override
  public Lsn lastRecordLsn() {
    return new Lsn(lsn.current());
  }

  @Override
  public Lsn previousRecordLsn() {
    return new Lsn(lsn.current() - 1);
  }

  @Override
  public void awaitLsn(Lsn wanted, Duration limit, CancellationToken token)
      throws CommandException, InterruptedException {
    if (!lsn.await(wanted.value(), limit, token)) {
      throw new CommandException(SqlState.QUERY_CANCELED, "the LSN " + wanted + " did not come");
    }
  }

  @Override
  public boolean exists(PageKey relation, Lsn at, CancellationToken token) {
    return relation.relation() == 1;
  }

  @Override
  public int blocks(PageKey relation, Lsn at, CancellationToken token) {
    return 0x01020304;
  }

  @Override
  public ByteBuffer page(PageKey page, Lsn at, CancellationToken token) {
    reader = Thread.currentThread();
    pages.incrementAndGet();
    if (page.relation() == BROKEN_RELATION) {
      throw new IllegalStateException("broken on purpose");
    }
    return ByteBuffer.allocate(8192).putInt(page.block()).putLong(at.value()).rewind();
  }

  @Override
  public long databaseSize(int database, Lsn at, CancellationToken token) {
    return 8192L * database;
  }
}
