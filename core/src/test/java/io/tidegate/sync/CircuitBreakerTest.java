// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.Logs;
import io.tidegate.ManualPool;
import io.tidegate.Scope;
import io.tidegate.SideThread;
import io.tidegate.Task;
import io.tidegate.TaskBody;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CircuitBreakerTest {
  private static final CancellationToken NONE = CancellationToken.none();
  private static final Duration PERIOD = Duration.ofMinutes(1);

  private final IOException failure = new IOException("disk");
  private final CircuitBreaker breaker = CircuitBreaker.of("compaction", 2, PERIOD);
  private final ManualPool pool = new ManualPool();
  private final Scope scope = Scope.root("root");
  private final Logs logs = Logs.of(CircuitBreaker.class);

  @AfterEach
  void release() {
    scope.close();
    logs.close();
  }

  /** Calls it in a task of a pool whose clock stands still; answers what came out. */
  private Object call(TaskBody<String> work) throws InterruptedException {
    Task<String> task = scope.fork(pool, token -> breaker.call(work, token));
    task.join();
    return task.exception().<Object>map(thrown -> thrown).orElseGet(task::result);
  }

  private Object fail() throws InterruptedException {
    return call(token -> {
      throw failure;
    });
  }

  private CircuitBreaker.State state() throws InterruptedException {
    Task<CircuitBreaker.State> task = scope.fork(pool, token -> breaker.state());
    task.join();
    return task.result();
  }

  @Test
  void call_successBetweenFailures_staysClosed() throws Exception {
    fail();
    assertEquals("done", call(token -> "done"));
    assertSame(failure, fail());
    assertEquals(1, breaker.failures());
    assertEquals(CircuitBreaker.State.CLOSED, state());
  }

  @Test
  void call_failuresInARow_opensForThePeriod() throws Exception {
    fail();
    assertSame(failure, fail());
    assertEquals(CircuitBreaker.State.OPEN, state());
    CircuitOpenException refused = (CircuitOpenException) call(token -> "never");
    assertSame(failure, refused.getCause());
    assertEquals("breaker compaction is OPEN after 2 failures", refused.getMessage());
    assertEquals(List.of("ERROR breaker compaction is open for PT1M after 2 failures"), logs.messages());
    pool.clock().advance(PERIOD.minusNanos(1));
    assertEquals(CircuitBreaker.State.OPEN, state());
    pool.clock().advance(Duration.ofNanos(1));
    assertEquals(CircuitBreaker.State.HALF_OPEN, state());
  }

  private void openUntilHalfOpen() throws InterruptedException {
    fail();
    fail();
    pool.clock().advance(PERIOD);
  }

  @Test
  void call_trySucceeds_closes() throws Exception {
    openUntilHalfOpen();
    assertEquals("done", call(token -> "done"));
    assertEquals(CircuitBreaker.State.CLOSED, state());
    assertEquals("INFO breaker compaction is closed again", logs.messages().getLast());
    assertSame(failure, fail());
    assertEquals(CircuitBreaker.State.CLOSED, state());
  }

  @Test
  void call_tryFails_isOpenForAnotherPeriod() throws Exception {
    openUntilHalfOpen();
    assertSame(failure, fail());
    assertEquals(CircuitBreaker.State.OPEN, state());
    pool.clock().advance(PERIOD);
    assertEquals(CircuitBreaker.State.HALF_OPEN, state());
  }

  /** One caller tries, the others are refused meanwhile. */
  @Test
  void call_whileOneTries_isRefused() throws Exception {
    openUntilHalfOpen();
    CountDownLatch tries = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    Task<String> task = scope.fork(pool, token -> breaker.call(own -> {
      tries.countDown();
      mayEnd.await();
      return "done";
    }, token));
    tries.await();
    assertSame(CircuitOpenException.class, call(token -> "never").getClass());
    mayEnd.countDown();
    task.join();
    assertEquals("done", call(token -> "done"));
  }

  /** Cancels, closes and interrupts do not count, neither way. */
  @Test
  void call_ends_doNotCount() throws Exception {
    fail();
    Task<String> cancelled = scope.fork(pool, token -> breaker.call(own -> {
      own.awaitCancelled();
      throw new IOException("because of the cancel");
    }, token));
    SideThread.until(() -> pool.threads().getLast().getState() == Thread.State.WAITING);
    cancelled.cancel("test");
    cancelled.join();
    assertEquals(Task.State.CANCELLED, cancelled.state());
    call(token -> {
      throw new ClosedException("queue is closed");
    });
    call(token -> {
      throw new InterruptedException();
    });
    assertEquals(1, breaker.failures());
    assertEquals(CircuitBreaker.State.CLOSED, state());
  }

  /** A try that is cut off is left to the next caller. */
  @Test
  void call_tryCutOff_isLeftToTheNext() throws Exception {
    openUntilHalfOpen();
    call(token -> {
      throw new ClosedException("queue is closed");
    });
    assertEquals(CircuitBreaker.State.HALF_OPEN, state());
    assertEquals("done", call(token -> "done"));
    assertEquals(CircuitBreaker.State.CLOSED, state());
  }

  /** What was let in before the breaker opened does not close it. */
  @Test
  void call_lateSuccessOfAnother_leavesItOpen() throws Exception {
    CountDownLatch mayEnd = new CountDownLatch(1);
    CountDownLatch works = new CountDownLatch(1);
    Task<String> slow = scope.fork(pool, token -> breaker.call(own -> {
      works.countDown();
      mayEnd.await();
      return "done";
    }, token));
    works.await();
    fail();
    fail();
    mayEnd.countDown();
    slow.join();
    assertEquals(CircuitBreaker.State.OPEN, state());
  }

  @Test
  void call_cancelledBefore_startsNothing() {
    CancellationToken token = CancellationToken.create();
    token.cancel();
    assertThrows(CancelledException.class, () -> breaker.call(own -> "never", token));
  }

  @Test
  void of_unfitValues_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> CircuitBreaker.of("none", 0, PERIOD));
    assertThrows(IllegalArgumentException.class, () -> CircuitBreaker.of("none", 1, PERIOD.negated()));
    assertEquals("breaker compaction (CLOSED, 0 failures)", breaker.toString());
    assertThrows(IOException.class, () -> breaker.call(own -> {
      throw failure;
    }, NONE));
  }
}
