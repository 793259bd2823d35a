// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.task.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What a client sends, with a way to see it leave while nobody reads: a request that waits for long would hold a timeline for
 * a client that is gone.
 *
 * <p>The watch is a task that reads ahead. It is there from the first long wait until the client sends something, or leaves;
 * the next read takes over what it has read. A client that sends much ahead is not watched any longer.
 *
 * <p><b>Threads:</b> confined to the task of the connection; the task of the watch has {@code ahead} until it is joined.
 */
final class WatchedInput extends InputStream {
  private final InputStream in;
  private final Scope scope;
  private final byte[] ahead = new byte[1024];
  private int position;
  private int limit;
  private @Nullable Task<Integer> watch;
  /** Whether the client was seen to leave; written by the watch. */
  private volatile boolean left;

  /**
   * Begins to read.
   *
   * @param in what the client sends
   * @param scope whose tasks the watches are
   */
  WatchedInput(InputStream in, Scope scope) {
    this.in = in;
    this.scope = scope;
  }

  @Override
  public int read() {
    throw new UnsupportedOperationException("reads are of many bytes");
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    takeOver();
    int count = Math.min(length, limit - position);
    if (count == 0) {
      return in.read(bytes, offset, length);
    }
    System.arraycopy(ahead, position, bytes, offset, count);
    position += count;
    return count;
  }

  private void takeOver() throws InterruptedIOException {
    Task<Integer> watching = watch;
    if (watching == null) {
      return;
    }
    try {
      watching.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted in a read");
    }
    watch = null;
    position = 0;
    limit = Math.max(0, watching.result());
  }

  /**
   * Sees to it that somebody is told when the client leaves, until the next read.
   *
   * @param onLeft told, on any thread; the same one each time
   */
  void watch(Runnable onLeft) {
    if (left) {
      onLeft.run();
    } else if (watch == null && position == limit) {
      watch = scope.fork(Kind.PAGE_CLIENT_WATCH, token -> look(onLeft));
    }
  }

  private int look(Runnable onLeft) {
    try {
      int count = in.read(ahead, 0, ahead.length);
      if (count >= 0) {
        return count;
      }
    } catch (SocketTimeoutException silent) {
      return 0; // it waits for its answer
    } catch (IOException broken) {
      // the next read will meet it too
    }
    left = true;
    onLeft.run();
    return 0;
  }

  /** {@return whether a task reads, so that nothing the client has sent is left unread} */
  boolean isWatched() {
    Task<Integer> watching = watch;
    return watching != null && watching.state() == Task.State.RUNNING;
  }
}
