// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.Blocked;
import java.io.FileInputStream;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an interrupt does in the JDK, to both sorts of threads: why a cancel is none, and what a region must expect. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD) // if a wait hangs
class InterruptFactsTest {
  /** What a thread is. */
  enum Sort {
    VIRTUAL,
    PLATFORM;

    Thread start(Runnable body) {
      return this == VIRTUAL ? Thread.ofVirtual().start(body) : Thread.ofPlatform().daemon().start(body);
    }
  }

  private interface Operation {
    void run() throws Exception;
  }

  /** How an operation came out: what it threw, if anything, and the interrupt status after it. */
  private record Outcome(@Nullable Throwable thrown, boolean interrupted) {}

  /** A thread in an operation that waits. */
  private static final class Waiter {
    private final AtomicReference<@Nullable Outcome> outcome = new AtomicReference<>();
    private final Thread thread;

    Waiter(Sort sort, Operation operation) {
      thread = sort.start(() -> outcome.set(outcomeOf(operation)));
    }

    Waiter parked() {
      Await.parked(thread);
      return this;
    }

    Waiter in(String type, String method) throws ClassNotFoundException {
      Blocked.in(thread, Class.forName(type), method);
      return this;
    }

    Waiter interrupt() {
      thread.interrupt();
      return this;
    }

    Outcome outcome() {
      Await.ended(thread);
      Outcome end = outcome.get();
      if (end == null) {
        throw new AssertionError("no outcome");
      }
      return end;
    }
  }

  private static Outcome outcomeOf(Operation operation) {
    Throwable thrown = null;
    try {
      operation.run();
    } catch (Throwable t) {
      thrown = t;
    }
    return new Outcome(thrown, Thread.interrupted());
  }

  /** Runs an operation that does not wait, in a thread that is interrupted before. */
  private static Outcome interruptedBefore(Sort sort, Operation operation) {
    return new Waiter(sort, () -> {
      Thread.currentThread().interrupt();
      operation.run();
    }).outcome();
  }

  /** An operation that an interrupt ends, and that clears the status. */
  private static void assertEnds(Sort sort, Operation operation) {
    Outcome outcome = new Waiter(sort, operation).parked().interrupt().outcome();
    assertInstanceOf(InterruptedException.class, outcome.thrown());
    assertFalse(outcome.interrupted());
  }

  /** An operation that goes on until it has what it waits for, and keeps the status. */
  private static void assertGoesOn(Sort sort, Operation operation, Operation release) throws Exception {
    AtomicBoolean released = new AtomicBoolean();
    Waiter waiter = new Waiter(sort, () -> {
      operation.run();
      assertTrue(released.get(), "returned too early");
    });
    waiter.parked().interrupt();
    released.set(true);
    release.run();
    assertEquals(new Outcome(null, true), waiter.outcome());
  }

  // ---- files

  @ParameterizedTest
  @EnumSource
  void fileChannel_interrupted_isClosedForEverybody(Sort sort, @TempDir Path folder) throws Exception {
    assertCloses(sort, folder, file -> file.read(ByteBuffer.allocate(1)));
    assertCloses(sort, folder, file -> file.read(ByteBuffer.allocate(1), 0));
    assertCloses(sort, folder, file -> file.write(ByteBuffer.allocate(1)));
    assertCloses(sort, folder, file -> file.force(true));
  }

  private interface FileOperation {
    void run(FileChannel file) throws Exception;
  }

  private static void assertCloses(Sort sort, Path folder, FileOperation operation) throws Exception {
    try (FileChannel file = FileChannel.open(
        folder.resolve("layer"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      Outcome outcome = interruptedBefore(sort, () -> operation.run(file));
      assertInstanceOf(ClosedByInterruptException.class, outcome.thrown());
      assertTrue(outcome.interrupted());
      assertThrows(ClosedChannelException.class, () -> file.read(ByteBuffer.allocate(1)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void otherFileAccess_interrupted_isDone(Sort sort, @TempDir Path folder) {
    Path path = folder.resolve("layer");
    assertEquals(new Outcome(null, true), interruptedBefore(sort, () -> {
      Files.write(path, new byte[] {7});
      assertEquals(7, Files.readAllBytes(path)[0]);
    }));
    assertEquals(new Outcome(null, true), interruptedBefore(sort, () -> {
      try (FileInputStream file = new FileInputStream(path.toFile())) {
        assertEquals(7, file.read());
      }
    }));
    assertEquals(new Outcome(null, true), interruptedBefore(sort, () -> {
      try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
        file.write(8);
        file.seek(0);
        assertEquals(8, file.read());
        file.getFD().sync();
      }
    }));
  }

  // ---- the network

  @Test
  void socketRead_onAVirtualThread_closesTheSocket() throws Exception {
    try (Connection connection = Connection.open()) {
      Waiter reader = new Waiter(Sort.VIRTUAL, () -> connection.near().getInputStream().read());
      Outcome outcome = reader.parked().interrupt().outcome();
      assertInstanceOf(SocketException.class, outcome.thrown());
      assertTrue(outcome.interrupted());
      assertTrue(connection.near().isClosed());
    }
  }

  @Test
  void accept_onAVirtualThread_closesTheSocket() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Outcome outcome = new Waiter(Sort.VIRTUAL, server::accept).parked().interrupt().outcome();
      assertInstanceOf(SocketException.class, outcome.thrown());
      assertTrue(outcome.interrupted());
      assertTrue(server.isClosed());
    }
  }

  @Test
  void socketRead_onAPlatformThread_goesOn() throws Exception {
    try (Connection connection = Connection.open()) {
      Waiter reader = new Waiter(Sort.PLATFORM, () -> assertEquals(7, connection.read()));
      reader.in("sun.nio.ch.NioSocketImpl", "read").interrupt();
      connection.write(7);
      assertEquals(new Outcome(null, true), reader.outcome());
      assertFalse(connection.near().isClosed());
    }
  }

  @Test
  void accept_onAPlatformThread_goesOn() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Waiter acceptor = new Waiter(Sort.PLATFORM, () -> server.accept().close());
      acceptor.in("sun.nio.ch.NioSocketImpl", "accept").interrupt();
      new Socket(server.getInetAddress(), server.getLocalPort()).close();
      assertEquals(new Outcome(null, true), acceptor.outcome());
      assertFalse(server.isClosed());
    }
  }

  @ParameterizedTest
  @EnumSource
  void socketChannelRead_interrupted_closesTheChannel(Sort sort) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        SocketChannel client = SocketChannel.open(server.getLocalSocketAddress())) {
      Waiter reader = new Waiter(sort, () -> client.read(ByteBuffer.allocate(1)));
      Outcome outcome = reader.in("sun.nio.ch.SocketChannelImpl", "read").interrupt().outcome();
      assertInstanceOf(ClosedByInterruptException.class, outcome.thrown());
      assertTrue(outcome.interrupted());
      assertFalse(client.isOpen());
    }
  }

  @ParameterizedTest
  @EnumSource
  void select_interrupted_returns(Sort sort) throws Exception {
    try (Selector selector = Selector.open()) {
      Waiter waiter = new Waiter(sort, selector::select);
      Outcome outcome = waiter.in("sun.nio.ch.SelectorImpl", "select").interrupt().outcome();
      assertEquals(new Outcome(null, true), outcome);
      assertTrue(selector.isOpen());
    }
  }

  // ---- waits

  @ParameterizedTest
  @EnumSource
  void park_interrupted_returns(Sort sort) {
    Waiter waiter = new Waiter(sort, () -> {
      while (!Thread.currentThread().isInterrupted()) {
        LockSupport.park(); // it may return for nothing
      }
    });
    assertEquals(new Outcome(null, true), waiter.parked().interrupt().outcome());
  }

  @ParameterizedTest
  @EnumSource
  void interruptibleWaits_interrupted_throw(Sort sort) {
    Object monitor = new Object();
    ReentrantLock lock = new ReentrantLock();
    lock.lock();
    assertEnds(sort, () -> new LinkedBlockingQueue<String>().take());
    assertEnds(sort, () -> {
      synchronized (monitor) {
        while (true) {
          monitor.wait();
        }
      }
    });
    assertEnds(sort, lock::lockInterruptibly);
    assertEnds(sort, () -> new CompletableFuture<String>().get());
    assertEnds(sort, () -> Thread.sleep(TimeUnit.HOURS.toMillis(1)));
  }

  @ParameterizedTest
  @EnumSource
  @EnabledOnOs(OS.LINUX)
  void waitForAProcess_interrupted_throws(Sort sort) throws Exception {
    Process process = new ProcessBuilder("cat").start();
    try {
      assertEnds(sort, process::waitFor);
      assertTrue(process.isAlive());
    } finally {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @EnumSource
  void otherWaits_interrupted_goOn(Sort sort) throws Exception {
    ReentrantLock lock = new ReentrantLock();
    lock.lock();
    assertGoesOn(sort, lock::lock, lock::unlock);
    CompletableFuture<String> future = new CompletableFuture<>();
    assertGoesOn(sort, future::join, () -> future.complete("done"));
    Semaphore permits = new Semaphore(0);
    assertGoesOn(sort, permits::acquireUninterruptibly, permits::release);
  }

  @ParameterizedTest
  @EnumSource
  void contendedMonitor_interrupted_goesOn(Sort sort) {
    Object monitor = new Object();
    Waiter waiter;
    synchronized (monitor) {
      waiter = new Waiter(sort, () -> {
        synchronized (monitor) {
          monitor.notifyAll();
        }
      });
      waiter.parked().interrupt();
    }
    assertEquals(new Outcome(null, true), waiter.outcome());
  }
}
