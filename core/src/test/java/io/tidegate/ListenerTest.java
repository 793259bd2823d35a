// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.carrier.CarrierPool;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** T6: callbacks, on whose thread they run, and how they are withdrawn. */
final class ListenerTest {
  private final TokenNode token = PlainToken.root();

  /** T6: a callback runs once. */
  @Test
  void onCancel_cancelled_runsOnce() throws InterruptedException {
    Trail trail = new Trail();
    CountDownLatch ran = new CountDownLatch(1);
    Registration registration = token.child().onCancel(() -> {
      trail.add("ran");
      ran.countDown();
    });
    assertEquals(List.of(), trail.events());
    token.cancel();
    token.cancel();
    ran.await();

    assertFalse(registration.close());
    assertEquals(List.of("ran"), trail.events());
  }

  /** T6: never on the canceller's thread, nor on the one that registers. */
  @Test
  void onCancel_runsOnAThreadOfItsOwn() throws InterruptedException {
    SynchronousQueue<Thread> threads = new SynchronousQueue<>();
    // Had the callback run here, neither cancel nor onCancel would ever return.
    token.onCancel(() -> put(threads));
    token.cancel();
    Thread first = threads.take();
    token.onCancel(() -> put(threads));
    Thread second = threads.take();

    assertNotSame(Thread.currentThread(), first);
    assertNotSame(Thread.currentThread(), second);
    assertNotSame(first, second);
    assertTrue(first.isVirtual());
  }

  private static void put(SynchronousQueue<Thread> threads) {
    try {
      threads.put(Thread.currentThread());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** T6: on a thread of the pool that the registering task belongs to. */
  @Test
  void onCancel_inTask_runsInItsPool() throws Exception {
    ManualPool pool = new ManualPool();
    AtomicReference<@Nullable Thread> ranOn = new AtomicReference<>();
    Scope scope = Scope.root("pooled");
    Task<?> task = scope.fork(pool, own -> token.onCancel(() -> ranOn.set(Thread.currentThread())));
    task.join();
    token.cancel();
    scope.close();

    assertTrue(pool.threads().contains(ranOn.get()));
  }

  /** T6: a callback sees no monitor of the graph held, whichever thread cancels. */
  @Test
  void onCancel_inCallback_graphIsFree() throws Exception {
    TokenNode child = token.child();
    CountDownLatch ran = new CountDownLatch(1);
    child.onCancel(() -> {
      for (TokenNode node : List.of(token, child)) {
        assertFalse(Thread.holdsLock(node.attachments()));
      }
      child.onCancel(ran::countDown);
    });
    token.cancel();
    ran.await();
  }

  /** T6: a callback outside of all scopes may cancel, wait and listen. */
  @Test
  void onCancel_inCallback_mayUseTokens() throws InterruptedException {
    CancellationToken other = CancellationToken.create();
    CountDownLatch ran = new CountDownLatch(1);
    token.onCancel(() -> {
      other.onCancel(ran::countDown);
      other.cancel();
    });
    token.cancel();
    ran.await();

    assertTrue(other.reason().orElseThrow().source().startsWith("thread "));
  }

  /** T6: a callback's own waits do not end at once, though its token is cancelled. */
  @Test
  void onCancel_inTasksCallback_mayWait() throws Exception {
    Scope scope = Scope.root("waiting");
    Trail trail = new Trail();
    scope.token().onCancel(() -> {
      try {
        CancellationToken.create().sleep(Duration.ofNanos(1));
        trail.add("slept");
      } catch (InterruptedException | CancelledException e) {
        trail.add(e.toString());
      }
    });
    scope.close();
    assertEquals(List.of("slept"), trail.events());
  }

  /** T6: one that throws is reported, and the others still run. */
  @Test
  void onCancel_oneThrows_isLoggedAndOthersRun() throws InterruptedException {
    try (Logs logs = Logs.of(CancellationToken.class)) {
      CountDownLatch ran = new CountDownLatch(3);
      token.onCancel(ran::countDown);
      token.onCancel(() -> {
        throw new AssertionError("broken");
      });
      token.child().onCancel(() -> {
        throw new IllegalStateException("broken too");
      });
      token.onCancel(ran::countDown);
      token.child().onCancel(ran::countDown);
      token.cancel();
      ran.await();
      SideThread.until(() -> logs.events().size() == 2);

      String line = "ERROR a cancel callback of token (REQUESTED";
      assertTrue(logs.messages().stream().allMatch(message -> message.startsWith(line)));
      List<String> thrown =
          logs.events().stream().map(event -> event.getThrowableProxy().getMessage()).sorted().toList();
      assertEquals(List.of("broken", "broken too"), thrown);
    }
  }

  /** T6: one that gets no thread does not keep the others from theirs, and counts in no gate. */
  @Test
  void onCancel_noThread_othersRunAndTheScopeCloses() throws Exception {
    CarrierPool broken = new BrokenPool();
    Scope scope = Scope.root("threadless");
    AtomicInteger ran = new AtomicInteger();
    try (Logs logs = Logs.of(CancellationToken.class)) {
      Task<?> task = scope.fork(new KindOf(broken), own -> scope.token().onCancel(ran::incrementAndGet));
      task.join();
      scope.token().onCancel(ran::incrementAndGet);
      ((BrokenPool) broken).breakNow();
      scope.close();

      assertEquals(1, ran.get());
      assertEquals(1, logs.events().stream().filter(event -> event.getLevel().toString().equals("ERROR")).count());
    }
  }

  /** T6: close says whether it prevented the run. */
  @Test
  void close_beforeCancel_preventsTheRun() throws InterruptedException {
    Trail trail = new Trail();
    CountDownLatch ran = new CountDownLatch(1);
    Registration withdrawn = token.onCancel(() -> trail.add("withdrawn"));
    Registration kept = token.onCancel(ran::countDown);

    assertTrue(withdrawn.close());
    assertFalse(withdrawn.close());
    token.cancel();
    ran.await();
    assertFalse(withdrawn.close());
    assertFalse(kept.close());
    assertEquals(List.of(), trail.events());
  }

  /** T6: close from inside the callback itself returns, and says that it runs. */
  @Test
  void close_insideOwnCallback_returnsFalse() throws InterruptedException {
    AtomicReference<@Nullable Registration> own = new AtomicReference<>();
    SynchronousQueue<Boolean> closed = new SynchronousQueue<>();
    Registration registration = token.onCancel(() -> {
      SideThread.until(() -> own.get() != null);
      try {
        closed.put(Objects.requireNonNull(own.get()).close());
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    });
    own.set(registration);
    token.cancel();
    assertFalse(closed.take());
  }

  /** T6: close does not wait for a callback that runs. */
  @Test
  void close_whileCallbackRuns_returnsAtOnce() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    Registration registration = token.onCancel(() -> {
      started.countDown();
      SideThread.until(() -> release.getCount() == 0);
      ended.countDown();
    });
    token.cancel();
    started.await();

    assertFalse(registration.close());
    assertEquals(1, ended.getCount());
    release.countDown();
    ended.await();
  }

  /** The resource of another thread is closed; what its close throws is logged. */
  @Test
  void closeOnCancel_throwingResource_isLogged() throws InterruptedException {
    try (Logs logs = Logs.of(CancellationToken.class)) {
      CountDownLatch closed = new CountDownLatch(2);
      token.closeOnCancel(() -> {
        closed.countDown();
        throw new IOException("cannot close");
      });
      token.closeOnCancel(closed::countDown);
      Registration withdrawn = token.closeOnCancel(() -> {
        throw new AssertionError("was withdrawn");
      });
      assertTrue(withdrawn.close());
      token.cancel();
      closed.await();
      SideThread.until(() -> logs.events().size() == 1);

      assertTrue(logs.messages().getFirst().startsWith("WARN closing "), logs.messages()::getFirst);
      assertEquals("cannot close", logs.events().getFirst().getThrowableProxy().getMessage());
    }
  }

  /** A callback belongs to the scope of its token where a plain thread registers it: the close waits for it. */
  @Test
  void onCancel_onScopesToken_isWaitedFor() throws Exception {
    Scope scope = Scope.root("owner");
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Trail trail = new Trail();
    scope.token().child().child().onCancel(() -> {
      started.countDown();
      SideThread.until(() -> release.getCount() == 0);
      trail.add("callback ended");
    });
    SideThread closer = SideThread.start(() -> {
      scope.close();
      trail.add("closed");
    });
    started.await();
    Blocked.in(closer.thread(), GateImpl.class, "awaitClosed");
    Holder holder = scope.gate().holders().getFirst();
    assertEquals("cancel callback", holder.name());
    assertFalse(holder.frames().isEmpty());

    release.countDown();
    closer.join();
    assertEquals(List.of("callback ended", "closed"), trail.events());
  }

  /** A callback of a scope that is closed does not run any more. */
  @Test
  void onCancel_scopeClosedBefore_isDropped() throws Exception {
    Scope scope = Scope.root("gone");
    Trail trail = new Trail();
    Task<Registration> task = scope.fork(own -> token.onCancel(() -> trail.add("ran")));
    task.join();
    scope.close();
    CountDownLatch other = new CountDownLatch(1);
    token.onCancel(other::countDown);
    token.cancel();
    other.await();

    assertEquals(List.of(), trail.events());
    assertFalse(task.result().close());
  }

  @Test
  void onCancel_null_isRefused() {
    assertThrows(NullPointerException.class, () -> token.onCancel(nullOf(Runnable.class)));
    assertThrows(NullPointerException.class, () -> token.closeOnCancel(nullOf(AutoCloseable.class)));
    assertSame(null, token.attachmentsIfAny());
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // passes what must not be passed
  private static <T> T nullOf(Class<T> type) {
    return type.cast(null);
  }

  /** A kind with a given pool. */
  private record KindOf(CarrierPool pool) implements TaskKind {
    @Override
    public String name() {
      return "OF_POOL";
    }
  }
}
