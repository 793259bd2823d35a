// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.storage.FrozenLayer;
import io.tidegate.examples.pageserver.storage.LayerFile;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pauses;
import io.tidegate.examples.pageserver.task.WorkCount;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.sync.SeqWait;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The flush task of one timeline. It waits for frozen layers and has each one written by a task of its own, which blocks
 * for the disk.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class FlushLoop {
  private static final Logger log = LoggerFactory.getLogger(FlushLoop.class);

  private final Scope timeline;
  private final WritePath writePath;
  private final LayerStore store;
  private final Runnable onFlushed;
  private final WorkCount flushes = new WorkCount();
  /** Up to where all is on disk. Closed when the flush task ends. */
  private final SeqWait flushed;
  private final Task<?> task;

  /**
   * Starts the task.
   *
   * @param onFlushed told of each file that was written, on the task; throws nothing
   * @throws io.tidegate.GateClosedException if the timeline's scope is closing
   */
  FlushLoop(Scope timeline, WritePath writePath, LayerStore store, Runnable onFlushed) {
    this.timeline = timeline;
    this.writePath = writePath;
    this.store = store;
    this.onFlushed = onFlushed;
    this.flushed = SeqWait.startingAt("flushed", store.diskConsistentLsn().value());
    this.task = timeline.spawn(Kind.LAYER_FLUSH, this::run);
  }

  private void run(CancellationToken token) throws Exception {
    try {
      flushAll(token);
    } finally {
      flushed.close(); // nobody waits for what will not come
    }
  }

  private void flushAll(CancellationToken token) throws Exception {
    while (true) {
      Optional<FrozenLayer> layer = writePath.awaitFrozen(token);
      if (layer.isEmpty()) {
        return;
      }
      flush(layer.get(), token);
      writePath.flushed(layer.get());
      flushed.advance(store.diskConsistentLsn().value());
      onFlushed.run();
    }
  }

  /** Writes a layer, again and again if the disk fails: until then it stays in memory, and PostgreSQL keeps its WAL. */
  private void flush(FrozenLayer layer, CancellationToken token) throws InterruptedException {
    int failures = 0;
    while (true) {
      token.throwIfCancelled();
      try {
        LayerFile written = flushes.<LayerFile, IOException>count(() -> FileTask.call(timeline, Kind.LAYER_WRITE, own -> {
          Faults.point("layer.before-write", IOException::new);
          return store.flush(layer);
        }));
        log.info("flushed {}, {} records", written.file().getFileName(), written.recordCount());
        return;
      } catch (IOException failed) {
        Duration pause = Pauses.after(++failures);
        log.error("flushing {} failed; next attempt in {} ms", layer, pause.toMillis(), failed);
        token.sleep(pause);
      }
    }
  }

  /** Freezes what is in memory and waits until it is on disk, as {@link Timeline#freezeAndFlush}. */
  Lsn freezeAndFlush(CancellationToken token) throws InterruptedException {
    Lsn end = writePath.freezeNow();
    flushed.await(end.value(), token);
    return end;
  }

  /**
   * Freezes what is in memory for the last time, and waits until the task has written it and ended.
   *
   * @throws io.tidegate.CancelledException if a hard close cuts that short
   */
  void finish() throws InterruptedException {
    writePath.finish();
    task.join();
    timeline.token().throwIfCancelled(); // a hard close ends the flush task too: this was cut short, and has not failed
    if (task.state() != Task.State.SUCCEEDED) {
      throw new IllegalStateException("not all is flushed: " + task);
    }
  }

  /** {@return the flushes so far} */
  WorkCount flushes() {
    return flushes;
  }
}
