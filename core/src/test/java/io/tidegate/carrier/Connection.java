// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/** Two ends of a socket on this machine. */
record Connection(Socket near, Socket far) implements AutoCloseable {
  /** More than the JDK has pollers, so that each of them is asked. */
  private static final int READS = 32;

  static Connection open() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Socket near = new Socket(server.getInetAddress(), server.getLocalPort());
      return new Connection(near, server.accept());
    }
  }

  /** Has plain virtual threads wait for bytes, and fails if one does not get its own. */
  static void checkThatReadsWork() throws IOException {
    AtomicInteger sum = new AtomicInteger();
    for (int i = 0; i < READS; i++) {
      try (Connection connection = open()) {
        Thread reader = Thread.ofVirtual().start(() -> sum.addAndGet(connection.read()));
        Await.parked(reader);
        connection.write(1);
        Await.ended(reader);
      }
    }
    if (sum.get() != READS) {
      throw new AssertionError("bytes read: " + sum);
    }
  }

  int read() {
    try {
      return near.getInputStream().read();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void write(int value) throws IOException {
    far.getOutputStream().write(value);
  }

  @Override
  public void close() throws IOException {
    near.close();
    far.close();
  }
}
