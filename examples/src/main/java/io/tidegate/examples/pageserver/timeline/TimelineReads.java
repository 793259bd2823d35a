// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.Visit;
import io.tidegate.examples.pageserver.storage.Layer;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.PageSearch;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * What can be read of one timeline: from its layers in memory, then from its files, then from its ancestor as that was at
 * the branch point.
 *
 * <p><b>Threads:</b> safe for use by any thread. Files are read by tasks of the timeline.
 */
final class TimelineReads implements LogicalSize.Source {
  private final Scope timeline;
  private final LayerStore store;
  private final WritePath writePath;
  private final PageCache pages;
  private final Damage damage;
  private final @Nullable TimelineReads ancestor;

  TimelineReads(
      Scope timeline,
      LayerStore store,
      WritePath writePath,
      PageCache pages,
      Damage damage,
      @Nullable TimelineReads ancestor) {
    this.timeline = timeline;
    this.store = store;
    this.writePath = writePath;
    this.pages = pages;
    this.damage = damage;
    this.ancestor = ancestor;
  }

  @Override
  public Lsn lastRecordLsn() {
    return writePath.lastRecordLsn();
  }

  /** Forgets what was read: the timeline has ended. */
  void release() {
    pages.forget(this);
  }

  /** As {@link Timeline#page}. */
  ByteBuffer page(PageKey key, Lsn lsn, CancellationToken token) throws ReadException, IOException, InterruptedException {
    checkReadable(lsn);
    ByteBuffer cached = pages.find(this, key, lsn);
    if (cached != null) {
      return cached.order(ByteOrder.LITTLE_ENDIAN);
    }
    PageSearch search = new PageSearch(key, lsn);
    List<Layer> memory = writePath.snapshot();
    for (Layer layer : memory) {
      search.in(layer);
    }
    // Where memory has the page, it has all that came after.
    boolean ended = search.isDone()
        ? hasEnded(search, new RelationReads((upTo, look) -> each(memory, upTo, look), lsn))
        : onFiles(token, () -> {
          search(search);
          return hasEnded(search, new RelationReads(this::eachLayer, lsn));
        });
    checkReadable(lsn); // what was removed meanwhile may be missing from the answer
    return found(search, lsn, ended);
  }

  private static boolean hasEnded(PageSearch search, RelationReads relations) throws IOException {
    Lsn newest = search.newest();
    return newest != null && relations.hasEnded(search.key(), newest);
  }

  /** Goes on with a search in the files, and then in the ancestor as it was at the branch point. */
  private void search(PageSearch search) throws IOException {
    store.each(search::in);
    TimelineReads parent = ancestor;
    if (parent != null && !search.isDone()) {
      try (Visit visit = parent.timeline.enter()) {
        visit.token().throwIfCancelled();
        search.goBackTo(store.metadata().startLsn());
        for (Layer layer : parent.writePath.snapshot()) {
          search.in(layer);
        }
        parent.search(search);
      }
    }
  }

  private ByteBuffer found(PageSearch search, Lsn lsn, boolean ended) throws ReadException {
    Lsn newest = search.newest();
    Lsn firstRecord = search.firstRecord();
    ByteBuffer page = search.page();
    if (newest == null || ended) {
      throw new UnknownPageException(
          search.key(), lsn, ended ? "it is not there any more" : "nothing of it is known since the log began");
    }
    if (page == null || firstRecord != null) {
      throw new WalRedoRequiredException(search.key(), search.imageLsn(), firstRecord == null ? newest : firstRecord);
    }
    pages.put(this, search.key(), newest, lsn, page);
    return page.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Something to ask about relations. */
  interface Question<T> {
    T of(RelationReads reads) throws IOException, ReadException;
  }

  private record Answer<T>(@Nullable T value, @Nullable ReadException refusal) {}

  /**
   * {@return the answer to a question about relations}
   *
   * @param lsn the position that it is about, to which the log must have come
   * @param token ends the wait for the files
   * @param question asks
   * @throws ReadException if there is no answer at that position, as {@link Timeline#page} says, or the question has none
   */
  <T> T ask(Lsn lsn, CancellationToken token, Question<T> question)
      throws ReadException, IOException, InterruptedException {
    checkReadable(lsn);
    Answer<T> answer = onFiles(token, () -> {
      try {
        return new Answer<>(question.of(new RelationReads(this::eachLayer, lsn)), null);
      } catch (ReadException refusal) {
        return new Answer<>(null, refusal);
      }
    });
    checkReadable(lsn);
    ReadException refusal = answer.refusal();
    if (refusal != null) {
      throw refusal;
    }
    return Objects.requireNonNull(answer.value());
  }

  /** As {@link Timeline#lsnAt}. */
  LsnAtTime lsnAt(Instant time) throws IOException, InterruptedException {
    try (Scope searching = timeline.child("commit-search")) {
      return FileTask.call(searching, Kind.LAYER_READ, token -> {
        CommitSearch search = new CommitSearch(time);
        Lsn end = lastRecordLsn();
        eachLayer(end, (layer, upTo) -> {
          Faults.point("timeline.commit-search", IOException::new);
          token.throwIfCancelled();
          search.in(layer, upTo);
        });
        return search.answer(store.gcCutoff(), end);
      });
    }
  }

  @Override
  public LogicalSize.Known logicalSize() throws IOException, InterruptedException {
    Lsn lsn = lastRecordLsn();
    return FileTask.call(timeline, Kind.LAYER_READ, token -> new RelationReads((upTo, look) ->
        eachLayer(upTo, (layer, limit) -> {
          token.throwIfCancelled();
          look.in(layer, limit);
        }), lsn).total());
  }

  private void eachLayer(Lsn upTo, RelationReads.Look look) throws IOException {
    each(writePath.snapshot(), upTo, look);
    store.each(layer -> look.in(layer, upTo));
    TimelineReads parent = ancestor;
    if (parent != null) {
      try (Visit visit = parent.timeline.enter()) {
        visit.token().throwIfCancelled();
        Lsn begin = store.metadata().startLsn();
        parent.eachLayer(begin.isBefore(upTo) ? begin : upTo, look);
      }
    }
  }

  private static void each(List<Layer> layers, Lsn upTo, RelationReads.Look look) throws IOException {
    for (Layer layer : layers) {
      look.in(layer, upTo);
    }
  }

  private void checkReadable(Lsn lsn) throws ReadException {
    Lsn cutoff = store.gcCutoff();
    if (lsn.isBefore(cutoff)) {
      throw new LsnCollectedException(lsn, cutoff);
    }
    Lsn last = lastRecordLsn();
    if (last.isBefore(lsn)) {
      throw new LsnNotReceivedException(lsn, last);
    }
  }

  private <T> T onFiles(CancellationToken token, Callable<T> read) throws IOException, InterruptedException {
    token.throwIfCancelled();
    return FileTask.call(timeline, Kind.LAYER_READ, own -> damage.noting(read));
  }
}
