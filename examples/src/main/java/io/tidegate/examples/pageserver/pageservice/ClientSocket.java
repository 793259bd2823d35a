// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A client's socket, with limits to how long it may be silent and how long its end may take.
 *
 * <p><b>Threads:</b> confined to the task of the connection, but for {@link #hangUp}, which ends that task's reads and
 * writes.
 */
final class ClientSocket implements AutoCloseable {
  /** How long what a client still sends is read and thrown away. */
  private static final Duration LINGER = Duration.ofMillis(500);

  private static final int DRAINED_AT_MOST = 1 << 20;

  private final Socket socket;
  private final CountDownLatch closed = new CountDownLatch(1);
  /** When the handshake, or the farewell, has to be over; without one, each read has a limit of its own. */
  private boolean hasDeadline;

  private long deadlineNanos;
  private Duration silence = LINGER;

  private final WatchedInput input;

  /**
   * Takes a socket over.
   *
   * @param socket the socket, connected
   * @param scope whose tasks watch the client
   */
  ClientSocket(Socket socket, Scope scope) throws IOException {
    this.socket = socket;
    this.input = new WatchedInput(new TimedInput(socket.getInputStream()), scope);
    socket.setTcpNoDelay(true);
    socket.setKeepAlive(true);
  }

  /** Limits all reads to come together. */
  void limitAll(Duration limit) {
    hasDeadline = true;
    deadlineNanos = System.nanoTime() + limit.toNanos();
  }

  /** Limits each read to come. */
  void limitEach(Duration limit) {
    hasDeadline = false;
    silence = limit;
  }

  /** {@return what the client sends; a read that takes too long throws a {@link SocketTimeoutException}} */
  WatchedInput input() {
    return input;
  }

  OutputStream output() throws IOException {
    return socket.getOutputStream();
  }

  private int millisLeft() throws SocketTimeoutException {
    if (!hasDeadline) {
      return (int) Math.min(silence.toMillis(), Integer.MAX_VALUE);
    }
    long left = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
    if (left <= 0) {
      throw new SocketTimeoutException("the time is over");
    }
    return (int) Math.min(left, Integer.MAX_VALUE);
  }

  /**
   * Lets the client read the last words: a socket that is closed with something unread in it takes them back. What the
   * client still sends is thrown away, until it closes its end, or for half a second.
   */
  void farewell() throws IOException {
    socket.shutdownOutput();
    if (input.isWatched()) {
      return;
    }
    limitAll(LINGER);
    byte[] thrownAway = new byte[4096];
    int sum = 0;
    try {
      for (int count = 0; count >= 0 && sum < DRAINED_AT_MOST; sum += count) {
        count = input.read(thrownAway, 0, thrownAway.length);
      }
    } catch (SocketTimeoutException enough) {
      // the client had its time
    }
  }

  /**
   * Asks the connection's task to come to its end, from another thread: a read that waits ends as if the client had
   * closed its end, and after a while every read and write fails.
   *
   * @param patience how long
   */
  void hangUp(Duration patience) {
    try {
      socket.shutdownInput();
      boolean ended = closed.await(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        socket.close();
      }
    } catch (IOException | InterruptedException hurried) {
      close();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      socket.close();
    } catch (IOException broken) {
      // a socket that cannot be closed in order is closed all the same
    }
  }

  @Override
  public String toString() {
    return socket.getInetAddress().getHostAddress() + ":" + socket.getPort();
  }

  /** Has each read end in time. */
  private final class TimedInput extends InputStream {
    private final InputStream in;

    private TimedInput(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException("reads are of many bytes");
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      socket.setSoTimeout(millisLeft());
      return in.read(bytes, offset, length);
    }
  }
}
