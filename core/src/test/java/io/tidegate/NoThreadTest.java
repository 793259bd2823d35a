// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.carrier.CarrierPool;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** S1, S8: where the process has no thread left, what was to run there is refused or reported, and closing goes on. */
class NoThreadTest {
  private static final Duration LONG = Duration.ofDays(1);

  private final Trail trail = new Trail();
  private final Scope closers = Scope.root("closers");
  private final Scope root = Scope.root("root");
  private final Scope scope = root.child("scope");
  private final Logs logs = Logs.of(Scope.class);
  private final Logs ofTokens = Logs.of(CancellationToken.class);

  @AfterEach
  void closes() {
    root.close();
    Closed.check(scope);
    closers.close();
    Closed.check(closers);
    logs.close();
    ofTokens.close();
  }

  /** How a pool fails. */
  enum Lack {
    /** The factory throws, as it does when the pool is out of memory. */
    NO_THREAD(OutOfMemoryError.class, () -> work -> {
      throw new OutOfMemoryError("no thread, says the test");
    }),
    /** The factory refuses, as that of a closed pool does. */
    REFUSED(RejectedExecutionException.class, () -> work -> {
      throw new RejectedExecutionException("closed, says the test");
    }),
    /** The thread does not start: here because it has ended already. */
    NO_START(IllegalThreadStateException.class, () -> work -> ended());

    private final Class<? extends Throwable> thrown;
    private final Supplier<ThreadFactory> factory;

    Lack(Class<? extends Throwable> thrown, Supplier<ThreadFactory> factory) {
      this.thrown = thrown;
      this.factory = factory;
    }

    private static Thread ended() {
      Thread thread = Thread.ofVirtual().start(() -> {});
      SideThread.until(() -> !thread.isAlive());
      return thread;
    }

    BrokenPool pool() {
      return new BrokenPool(factory);
    }
  }

  private record Pooled(CarrierPool pool) implements TaskKind {
    @Override
    public String name() {
      return "POOLED";
    }
  }

  private List<String> lines(String level) {
    return Stream.of(logs, ofTokens).flatMap(each -> each.messages().stream())
        .filter(line -> line.startsWith(level)).toList();
  }

  /** Runs an action in a task of a pool that has broken meanwhile. */
  private <T> T inBroken(BrokenPool pool, TaskBody<T> body) throws InterruptedException {
    Task<T> task = closers.fork(new Pooled(pool), token -> {
      pool.breakNow();
      return body.call(token);
    });
    task.join();
    return task.result();
  }

  /** S2: a task without a thread is refused: it never runs, and nobody waits for it. */
  @ParameterizedTest
  @EnumSource
  void spawn_noThread_isRefused(Lack lack) {
    TaskKind kind = new Pooled(lack.pool().breakNow());
    assertThrows(lack.thrown, () -> scope.spawn(kind, token -> trail.add("ran")));
    assertThrows(lack.thrown, () -> scope.fork(kind, token -> 1));
    assertEquals(List.of(), scope.tasks());
    assertEquals(List.of(), scope.gate().holders());
    scope.close();
    assertEquals(List.of(), trail.events());
    assertEquals(List.of(), lines("ERROR"));
  }

  /** T6: a callback without a thread is told of, unless its pool has closed: then it runs on the shared one. */
  @ParameterizedTest
  @EnumSource
  void cancel_noThreadForACallback_isToldAndTheOthersRun(Lack lack) throws Exception {
    BrokenPool pool = lack.pool();
    CountDownLatch ran = new CountDownLatch(1);
    inBroken(pool, token -> scope.token().onCancel(() -> trail.add("callback")));
    scope.token().onCancel(ran::countDown);
    scope.close();
    ran.await();
    closers.close();
    assertEquals(lack == Lack.REFUSED ? List.of("callback") : List.of(), trail.events());
    assertEquals(lack == Lack.REFUSED ? 0 : 1, lines("ERROR").size());
  }

  /** S8: close steps without a thread run all the same, last added first. */
  @ParameterizedTest
  @EnumSource
  void close_noThreadForTheSteps_runsThem(Lack lack) throws Exception {
    scope.child("child").onClosed("child", () -> trail.add("child"));
    for (String name : List.of("one", "two")) {
      scope.onClosed(name, () -> trail.add(name));
    }
    CloseReport report = inBroken(lack.pool(), token -> scope.close(LONG));
    assertTrue(report.isOrderly(), report::toString);
    assertEquals(List.of("child", "two", "one"), trail.events());
    assertEquals(lack == Lack.REFUSED ? 0 : 2, lines("ERROR").size());
  }

  /** S8: a drain step without a thread has failed, those of the children are skipped, and the later stages follow. */
  @ParameterizedTest
  @EnumSource
  void closeGracefully_noThreadMeanwhile_isReported(Lack lack) throws Exception {
    BrokenPool pool = lack.pool();
    scope.onDrain("breaks", pool::breakNow);
    scope.onDrain("next", () -> trail.add("next"));
    scope.child("child").onDrain("child", () -> trail.add("child"));
    scope.onClosed("close", () -> trail.add("close"));
    Task<CloseReport> closer = closers.fork(new Pooled(pool), token -> scope.closeGracefully(LONG));
    closer.join();
    CloseReport report = closer.result();
    assertTrue(report.closed());
    boolean shared = lack == Lack.REFUSED;
    assertEquals(shared, report.isOrderly(), report::toString);
    assertEquals(shared ? List.of("next", "child", "close") : List.of("close"), trail.events());
    if (!shared) {
      CloseReport.Step next = report.steps().get(1);
      assertEquals(CloseReport.Outcome.FAILED, next.outcome());
      assertInstanceOf(lack.thrown, Objects.requireNonNull(next.failure()));
      CloseReport.Step child = report.children().getFirst().steps().getFirst();
      assertEquals(CloseReport.Outcome.SKIPPED, child.outcome());
      assertEquals(1, lines("WARN").size());
    }
  }

  /** S8: where not even the drain has a thread, the close is the hard one. */
  @ParameterizedTest
  @EnumSource
  void closeGracefully_noThread_closesTheHardWay(Lack lack) throws Exception {
    Task<?> loop = scope.spawn(Work.READ, CancellationToken::awaitCancelled);
    scope.onDrain("stop", () -> {
      trail.add("stop");
      loop.cancel("stop");
    });
    scope.onClosed("close", () -> trail.add("close"));
    CloseReport report = inBroken(lack.pool(), token -> scope.closeGracefully(LONG));
    assertTrue(report.closed());
    assertEquals(lack == Lack.REFUSED ? List.of("stop", "close") : List.of("close"), trail.events());
  }

  /** S8: a pool that closes refuses new threads; what closes on it goes on, on the shared one. */
  @Test
  void closeGracefully_onClosingPool_runsAllStages() throws Exception {
    CarrierPool pool = CarrierPool.named("closing", 1);
    CountDownLatch refusing = new CountDownLatch(1);
    scope.onDrain("drain", () -> trail.add("drain"));
    scope.onClosed("close", () -> trail.add("close"));
    Task<CloseReport> closer = closers.fork(new Pooled(pool), token -> {
      scope.token().onCancel(() -> trail.add("callback"));
      refusing.await();
      return scope.closeGracefully(LONG);
    });
    SideThread closing = SideThread.startParked(pool::close);
    refusing.countDown();
    closer.join();
    closing.join();
    assertTrue(closer.result().isOrderly(), closer.result()::toString);
    closers.close(); // the callback belongs to it
    assertEquals(List.of("callback", "close", "drain"), trail.events().stream().sorted().toList());
    assertThrows(
        RejectedExecutionException.class, () -> root.spawn(new Pooled(pool), token -> trail.add("ran")));
    assertFalse(root.isClosing());
  }
}
