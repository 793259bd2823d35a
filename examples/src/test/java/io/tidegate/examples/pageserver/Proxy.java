// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** An address that stays while the server behind it goes and comes. Refuses connections while there is none. */
final class Proxy {
  private final int port;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private @Nullable ServerSocket listener;
  private @Nullable Thread acceptor;
  private final ReentrantLock passing = new ReentrantLock();
  private final Condition changed = passing.newCondition();
  /** Guarded by 'passing'. */
  private boolean stalled;

  /** Makes an address at which nobody listens. */
  Proxy() {
    int candidate = randomPort();
    while (isTaken(candidate)) {
      candidate = randomPort();
    }
    port = candidate;
  }

  /** Below the ports that the kernel gives to those who connect: one of them could take it while nobody listens. */
  private static int randomPort() {
    return ThreadLocalRandom.current().nextInt(20_000, 30_000);
  }

  private static boolean isTaken(int candidate) {
    try {
      new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress()).close();
      return false;
    } catch (IOException taken) {
      return true;
    }
  }

  String connectionString() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres&options=-c%20wal_sender_timeout=2s";
  }

  int port() {
    return port;
  }

  /** Begins to pass connections on to a port of this machine. */
  void forwardTo(int target) throws IOException {
    ServerSocket listening = new ServerSocket();
    listening.setReuseAddress(true);
    listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    listener = listening;
    acceptor = Thread.startVirtualThread(() -> accept(listening, target));
  }

  /** Takes connections and what comes through them, and passes nothing on: a server that hangs, or a dead line. */
  void stall() {
    setStalled(true);
  }

  private void setStalled(boolean isStalled) {
    passing.lock();
    try {
      stalled = isStalled;
      changed.signalAll();
    } finally {
      passing.unlock();
    }
  }

  private void awaitPassing() {
    passing.lock();
    try {
      while (stalled) {
        changed.awaitUninterruptibly();
      }
    } finally {
      passing.unlock();
    }
  }

  /** Refuses new connections and breaks those that are open. */
  void cut() throws IOException, InterruptedException {
    if (listener != null && acceptor != null) {
      listener.close();
      acceptor.join(); // the port is free when the accept has ended
    }
    for (Socket each : open) {
      each.close();
    }
    setStalled(false);
  }

  private void accept(ServerSocket listening, int target) {
    while (!listening.isClosed()) {
      try {
        passOn(listening.accept(), target);
      } catch (IOException closed) {
        if (!listening.isClosed()) {
          throw new UncheckedIOException(closed);
        }
      }
    }
  }

  /** Connects a client with the server, or breaks its connection where that has gone. */
  private void passOn(Socket client, int target) throws IOException {
    try {
      Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
      open.add(client);
      open.add(server);
      Thread.startVirtualThread(() -> copy(client, server));
      Thread.startVirtualThread(() -> copy(server, client));
    } catch (IOException targetGone) {
      client.close();
    }
  }

  /** Copies until either side ends, and then ends both. */
  private void copy(Socket from, Socket to) {
    try (from; to) {
      byte[] buffer = new byte[8192];
      for (int read = from.getInputStream().read(buffer); read >= 0; read = from.getInputStream().read(buffer)) {
        awaitPassing();
        to.getOutputStream().write(buffer, 0, read);
      }
      awaitPassing(); // the end, too
    } catch (IOException cut) {
      // That is what cut() is for.
    } finally {
      open.remove(from);
    }
  }
}
