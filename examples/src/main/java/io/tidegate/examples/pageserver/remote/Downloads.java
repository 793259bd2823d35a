// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.remote;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.storage.Durable;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches again, on request, the layers of one timeline whose files have gone from here. An attach has fetched all of them,
 * so none is missing unless somebody has lost it.
 *
 * <p><b>Threads:</b> safe for use by any thread. The work is done by a task of the timeline, and ends with it.
 */
public final class Downloads {
  private static final Logger log = LoggerFactory.getLogger(Downloads.class);

  private final Scope timeline;
  private final LayerStore store;
  private final RemoteStore remote;
  private final Disk disk;
  /** The last one; guarded by this. */
  private @Nullable Run last;

  /** How far a job is. */
  public enum State {
    /** It goes on. */
    RUNNING,
    /** It has tried to fetch each layer that was missing when it began. */
    COMPLETED,
    /** It was ended before, as by a close of the timeline. */
    SHUT_DOWN
  }

  /**
   * One request as it is now.
   *
   * @param taskId the number of its task
   * @param state how far it is
   * @param total how many layers were missing
   * @param successful how many of them were fetched
   * @param failed how many could not be fetched; the log says why
   */
  public record Job(long taskId, State state, int total, int successful, int failed) {}

  private static final class Run {
    private final AtomicInteger total = new AtomicInteger();
    private final AtomicInteger successful = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    /** Whether a fetch was cancelled, as with the timeline: then there is no other. */
    private volatile boolean isCut;
    /** Written once, before the run is shared. */
    private @Nullable Task<?> task;

    Job job() {
      Task<?> begun = Objects.requireNonNull(task);
      State state = switch (begun.state()) {
        case RUNNING -> State.RUNNING;
        case SUCCEEDED -> isCut ? State.SHUT_DOWN : State.COMPLETED;
        case FAILED, CANCELLED -> State.SHUT_DOWN;
      };
      return new Job(begun.id(), state, total.get(), successful.get(), failed.get());
    }
  }

  /**
   * Prepares.
   *
   * @param timeline the timeline's scope
   * @param store its layers
   * @param remote where they can be fetched from
   * @param disk where they go
   */
  public Downloads(Scope timeline, LayerStore store, RemoteStore remote, Disk disk) {
    this.timeline = timeline;
    this.store = store;
    this.remote = remote;
    this.disk = disk;
  }

  /**
   * Begins to fetch what is missing.
   *
   * @param atOnce how many layers to fetch at a time
   * @return the job; empty if one is running, and then nothing is begun
   * @throws io.tidegate.GateClosedException if the timeline is closing
   */
  public synchronized Optional<Job> start(int atOnce) {
    if (last != null && last.job().state() == State.RUNNING) {
      return Optional.empty();
    }
    Run run = new Run();
    run.task = timeline.spawn(Kind.LAYER_DOWNLOAD, token -> fetchMissing(run, atOnce, token));
    last = run;
    return Optional.of(run.job());
  }

  /** {@return the job that was begun last; empty if there was none} */
  public synchronized Optional<Job> job() {
    return Optional.ofNullable(last).map(Run::job);
  }

  private void fetchMissing(Run run, int atOnce, CancellationToken token) throws IOException, InterruptedException {
    List<Path> missing = FileTask.call(timeline, Kind.LAYER_READ, own ->
        store.contents().layers().stream().filter(file -> !Files.isRegularFile(file)).toList());
    run.total.set(missing.size());
    for (int next = 0; next < missing.size() && !run.isCut; next += atOnce) {
      token.throwIfCancelled();
      fetch(run, missing.subList(next, Math.min(next + atOnce, missing.size())));
    }
    log.info("of {} missing layers, {} were fetched", run.total, run.successful);
  }

  private void fetch(Run run, List<Path> files) throws InterruptedException {
    List<Task<Path>> tasks = new ArrayList<>();
    for (Path each : files) {
      tasks.add(timeline.fork(Kind.REMOTE_DOWNLOAD, token -> fetch(each, token)));
    }
    for (Task<Path> each : tasks) {
      each.join();
      Optional<Throwable> failure = each.exception();
      if (each.state() == Task.State.CANCELLED) {
        run.isCut = true;
      } else {
        failure.ifPresent(thrown -> log.warn("a layer could not be fetched: {}", thrown.toString()));
        (failure.isPresent() ? run.failed : run.successful).incrementAndGet();
      }
    }
  }

  private Path fetch(Path file, CancellationToken token) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + Durable.TEMPORARY);
    String prefix = Keys.timeline(store.metadata().tenantId(), store.metadata().timelineId());
    boolean complete = false;
    try {
      remote.fetch(prefix + file.getFileName(), temporary, token);
      disk.rename(temporary, file);
      complete = true;
    } finally {
      if (!complete) {
        disk.delete(temporary);
      }
    }
    disk.syncFolder(Objects.requireNonNull(file.getParent()));
    if (!store.contents().layers().contains(file)) {
      disk.delete(file); // compaction has replaced it meanwhile
    }
    return file;
  }
}
