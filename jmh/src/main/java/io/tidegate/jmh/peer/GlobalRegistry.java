// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * All tasks of the process in one map by number, as the pageserver's {@code task_mgr} keeps them: to end those of one
 * timeline, it goes through all.
 */
public final class GlobalRegistry {
  /** One task: of which timeline, and its thread, if it is to have one. */
  private record Entry(long timeline, @Nullable Thread thread) {}

  private final AtomicLong ids = new AtomicLong();
  private final ConcurrentHashMap<Long, Entry> tasks = new ConcurrentHashMap<>();

  /**
   * Adds an entry without a thread: what only makes the map larger.
   *
   * @param timeline whose task it is
   */
  public void add(long timeline) {
    tasks.put(ids.incrementAndGet(), new Entry(timeline, null));
  }

  /**
   * Starts a task that waits for its end, as an interrupt.
   *
   * @param timeline whose task it is
   * @param factory makes its thread
   * @return its thread
   */
  public Thread start(long timeline, ThreadFactory factory) {
    long id = ids.incrementAndGet();
    Thread thread = factory.newThread(() -> {
      while (!Thread.currentThread().isInterrupted()) {
        LockSupport.park();
      }
      tasks.remove(id);
    });
    tasks.put(id, new Entry(timeline, thread));
    thread.start();
    return thread;
  }

  /**
   * Ends the tasks of a timeline and waits until they have.
   *
   * @param timeline whose
   * @throws InterruptedException if the caller is interrupted
   */
  public void close(long timeline) throws InterruptedException {
    List<Thread> found = new ArrayList<>();
    for (Entry entry : tasks.values()) {
      if (entry.timeline() == timeline && entry.thread() != null) {
        entry.thread().interrupt();
        found.add(entry.thread());
      }
    }
    for (Thread thread : found) {
      thread.join();
    }
  }
}
