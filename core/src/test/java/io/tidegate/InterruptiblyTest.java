// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractInterruptibleChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** T9: interrupts, inside of {@code interruptibly} and nowhere else. */
final class InterruptiblyTest {
  private final TokenNode token = PlainToken.root();

  private static String blockForever() throws InterruptedException {
    return new LinkedBlockingQueue<String>().take();
  }

  private static void assertClean() {
    assertFalse(Thread.currentThread().isInterrupted());
  }

  private static void assertStillInterrupted() {
    assertTrue(Thread.interrupted());
  }

  /** T9: what the interrupted body throws is the cause. */
  @Test
  void interruptibly_cancelled_throwsCancelledWithCause() throws Exception {
    SideThread side = SideThread.startParked(() -> {
      CancelledException thrown =
          assertThrows(CancelledException.class, () -> token.child().interruptibly(InterruptiblyTest::blockForever));
      assertInstanceOf(InterruptedException.class, thrown.getCause());
      assertTrue(thrown.is(token));
      assertClean();
    });
    token.cancel();
    side.join();
  }

  /** T6, T9: what an interrupt closes is closed under no lock of the graph: it may be code of the user. */
  @Test
  void interruptibly_channelOfUser_isClosedUnderNoLock() throws Exception {
    TokenNode child = token.child();
    Trail trail = new Trail();
    UsersChannel channel = new UsersChannel(() -> {
      for (TokenNode node : List.of(token, child)) {
        trail.add("locked " + Thread.holdsLock(node.attachments()));
      }
    });
    SideThread side = SideThread.startParked(() ->
        assertThrows(CancelledException.class, () -> child.interruptibly(channel::block)));
    token.cancel();
    side.join();
    assertEquals(List.of("locked false", "locked false"), trail.events());
  }

  /** T2, T9: one that fails to close is told of, and keeps neither the canceller nor the thread. */
  @Test
  void interruptibly_channelFailsToClose_isLogged() throws Exception {
    try (Logs logs = Logs.of(CancellationToken.class)) {
      UsersChannel channel = new UsersChannel(() -> {
        throw new IllegalStateException("cannot close");
      });
      SideThread side = SideThread.startParked(() ->
          assertThrows(CancelledException.class, () -> token.interruptibly(channel::block)));
      SideThread other = SideThread.startParked(() ->
          assertThrows(CancelledException.class, () -> token.interruptibly(InterruptiblyTest::blockForever)));
      assertTrue(token.cancel());
      other.join();
      LockSupport.unpark(side.thread()); // the JVM's interrupt was cut off before it did
      side.join();
      assertEquals("cannot close", logs.events().getFirst().getThrowableProxy().getMessage());
    }
  }

  /** A channel as users write them. */
  private static final class UsersChannel extends AbstractInterruptibleChannel {
    private final Runnable closing;

    UsersChannel(Runnable closing) {
      this.closing = closing;
    }

    String block() throws AsynchronousCloseException {
      begin();
      try {
        while (isOpen()) {
          LockSupport.park(this);
        }
      } finally {
        end(false);
      }
      return "was closed";
    }

    @Override
    protected void implCloseChannel() {
      closing.run();
    }
  }

  /** T9: working, finished: no cancel comes, or it comes too late; then nothing is left behind. */
  @Test
  void interruptibly_notCancelled_passesResultsThrough() throws Exception {
    IOException thrown = new IOException("body's own");

    assertEquals("result", token.interruptibly(() -> "result"));
    assertSame(thrown, assertThrows(IOException.class, () -> token.interruptibly(() -> {
      throw thrown;
    })));
    token.cancel();
    assertClean();
  }

  /** T10: not started on a cancelled token. */
  @Test
  void interruptibly_cancelledBefore_doesNotStart() {
    AtomicBoolean started = new AtomicBoolean();
    token.cancel();

    assertThrows(CancelledException.class, () -> token.interruptibly(() -> {
      started.set(true);
      return "";
    }));
    assertFalse(started.get());
    assertClean();
  }

  /** T9: the interrupt comes too late to end the body: its result counts, and the status is cleared. */
  @Test
  void interruptibly_bodyEndsInspiteOfInterrupt_returnsResult() throws Exception {
    assertEquals("done", token.interruptibly(() -> {
      token.cancel();
      assertTrue(Thread.currentThread().isInterrupted());
      return "done";
    }));
    assertClean();
    assertThrows(CancelledException.class, token::throwIfCancelled);
  }

  /** T9: an interrupt that was there before is not swallowed. */
  @Test
  void interruptibly_interruptedBefore_staysInterrupted() throws Exception {
    Thread.currentThread().interrupt();
    assertEquals("result", token.interruptibly(() -> "result"));
    assertStillInterrupted();

    Thread.currentThread().interrupt();
    assertEquals("result", token.child().interruptibly(() -> {
      token.cancel();
      return "result";
    }));
    assertStillInterrupted();
  }

  /** T9: nor is one from outside while no cancel comes. */
  @Test
  void interruptibly_interruptedFromOutside_throwsTheOriginal() throws Exception {
    SideThread side = SideThread.startParked(() ->
        assertThrows(InterruptedException.class, () -> token.interruptibly(InterruptiblyTest::blockForever)));
    side.thread().interrupt();
    side.join();
    assertFalse(token.isCancelled());

    assertEquals("result", token.interruptibly(() -> {
      Thread.currentThread().interrupt();
      return "result";
    }));
    assertStillInterrupted();
  }

  /** T9: interrupted from outside, then cancelled: it comes out as cancelled, and the interrupt is not lost. */
  @Test
  void interruptibly_interruptedFromOutsideAndCancelled_keepsBoth() {
    CancelledException thrown = assertThrows(CancelledException.class, () -> token.interruptibly(() -> {
      Thread.currentThread().interrupt();
      token.cancel();
      return blockForever();
    }));
    assertInstanceOf(InterruptedException.class, thrown.getCause());
    assertStillInterrupted();
  }

  /** T9: a failure that has nothing to do with the interrupt is a cause as well; an Error passes through. */
  @Test
  void interruptibly_cancelledBodyFails_hidesNoError() {
    CancelledException wrapped = assertThrows(CancelledException.class, () -> token.interruptibly(() -> {
      token.cancel();
      throw new IllegalStateException("wrapped by a driver");
    }));
    assertInstanceOf(IllegalStateException.class, wrapped.getCause());
    assertClean();

    TokenNode other = PlainToken.root();
    assertThrows(OutOfMemoryError.class, () -> other.interruptibly(() -> {
      other.cancel();
      throw new OutOfMemoryError("says the test");
    }));
    assertClean();
  }

  /** T9: a region inside another: the inner exit does not take the outer one's interrupt along. */
  @Test
  void interruptibly_nested_outerIsInterruptedStill() {
    CancelledException thrown = assertThrows(CancelledException.class, () -> token.interruptibly(() -> {
      assertThrows(CancelledException.class, () -> token.child().interruptibly(() -> {
        token.cancel();
        return blockForever();
      }));
      return blockForever();
    }));
    assertInstanceOf(InterruptedException.class, thrown.getCause());
    assertClean();
  }

  /** T9: the same where the outer one was told first. */
  @Test
  void interruptibly_nestedOuterCancelledFirst_bothEnd() {
    TokenNode inner = PlainToken.root();
    assertThrows(CancelledException.class, () -> token.interruptibly(() -> {
      CancelledException thrown = assertThrows(CancelledException.class, () -> inner.interruptibly(() -> {
        token.cancel();
        inner.cancel();
        return blockForever();
      }));
      assertTrue(thrown.is(inner));
      return blockForever();
    }));
    assertClean();
  }

  /** T9: the same where the inner one returned before it noticed. */
  @Test
  void interruptibly_nestedInnerReturns_outerIsInterruptedStill() {
    TokenNode inner = PlainToken.root();
    assertThrows(CancelledException.class, () -> token.interruptibly(() -> {
      assertEquals("inner", inner.interruptibly(() -> {
        inner.cancel();
        token.cancel();
        return "inner";
      }));
      return blockForever();
    }));
    assertClean();

    TokenNode outer = PlainToken.root();
    TokenNode alone = PlainToken.root();
    assertEquals("outer", assertRuns(outer, () -> {
      assertEquals("inner", alone.interruptibly(() -> {
        alone.cancel();
        return "inner";
      }));
      assertClean();
      return "outer";
    }));
  }

  private static String assertRuns(TokenNode token, Callable<String> body) {
    try {
      return token.interruptibly(body);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** T9: a virtual thread's blocked socket read comes out as cancelled. */
  @Test
  void interruptibly_socketReadOnVirtualThread_ends() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      SideThread reader = SideThread.start(() -> {
        CancelledException thrown =
            assertThrows(CancelledException.class, () -> token.interruptibly(() -> client.getInputStream().read()));
        assertInstanceOf(SocketException.class, thrown.getCause());
        assertClean();
      });
      Blocked.in(reader.thread(), Class.forName("sun.nio.ch.NioSocketImpl"), "read");
      Blocked.until(reader.thread());
      token.cancel();
      reader.join();
      assertTrue(client.isClosed());
      assertFalse(accepted.isClosed());
    }
  }

  /** T9: a socket channel's read, on any thread. */
  @Test
  void interruptibly_socketChannelRead_ends() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        SocketChannel client = SocketChannel.open(server.getLocalSocketAddress());
        Socket accepted = server.accept()) {
      SideThread reader = SideThread.start(() -> {
        CancelledException thrown = assertThrows(CancelledException.class, () ->
            token.interruptibly(() -> client.read(ByteBuffer.allocate(1))));
        assertInstanceOf(ClosedByInterruptException.class, thrown.getCause());
        assertClean();
      });
      Blocked.in(reader.thread(), Class.forName("sun.nio.ch.SocketChannelImpl"), "read");
      Blocked.until(reader.thread());
      token.cancel();
      reader.join();
      assertFalse(accepted.isClosed());
    }
  }

  /** T9: the other way to end it, without an interrupt. */
  @Test
  void closeOnCancel_blockedRead_ends() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      token.closeOnCancel(client);
      SideThread reader = SideThread.start(() ->
          assertThrows(SocketException.class, () -> client.getInputStream().read()));
      Blocked.in(reader.thread(), Class.forName("sun.nio.ch.NioSocketImpl"), "read");
      token.cancel();
      reader.join();
      assertFalse(accepted.isClosed());
    }
  }

  /** T9: a mere cancel closes no FileChannel, for its tasks may be in the middle of a read. */
  @Test
  void cancel_tasksUseFileChannel_staysOpen(@TempDir Path directory) throws Exception {
    try (FileChannel file = FileChannel.open(
        directory.resolve("layer"), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
      file.write(ByteBuffer.allocate(64));
      Scope scope = Scope.root("storage");
      CountDownLatch reading = new CountDownLatch(4);
      for (int i = 0; i < 4; i++) {
        scope.spawn(Work.READ, own -> {
          for (int reads = 0; !own.isCancelled() || reads < 100; reads++) {
            file.read(ByteBuffer.allocate(8), reads % 64);
            reading.countDown();
          }
          assertThrows(CancelledException.class, () -> own.interruptibly(() -> file.read(ByteBuffer.allocate(8), 0)));
        });
      }
      reading.await();
      scope.close();

      assertTrue(file.isOpen());
      assertEquals(8, file.read(ByteBuffer.allocate(8), 0));
    }
  }

  /** T9: the window is closed: no interrupt arrives after the body, none is left over, and none is lost. */
  @Test
  void interruptibly_racingCancel_leavesNoInterruptBehind() throws Exception {
    Race.run(new Race.Round() {
      private TokenNode raced = PlainToken.root();

      @Override
      public List<CloseStep> bodies() {
        raced = PlainToken.root();
        return List.of(this::work, () -> raced.cancel(), () -> raced.cancel());
      }

      private void work() throws Exception {
        try {
          for (int i = 0; i < 50; i++) {
            raced.interruptibly(() -> "");
            assertClean();
          }
          raced.interruptibly(InterruptiblyTest::blockForever);
        } catch (CancelledException e) {
          assertTrue(e.is(raced));
        }
        assertClean();
      }

      @Override
      public void check() {
        assertTrue(raced.isCancelled());
      }
    });
  }
}
