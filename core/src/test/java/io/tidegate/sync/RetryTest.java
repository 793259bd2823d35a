// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.Logs;
import io.tidegate.ManualPool;
import io.tidegate.Scope;
import io.tidegate.SideThread;
import io.tidegate.Task;
import io.tidegate.Traces;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class RetryTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Backoff NOW = Backoff.exponential(Duration.ZERO, Duration.ZERO);

  private final CancellationToken token = CancellationToken.create();
  private final AtomicInteger attempts = new AtomicInteger();
  private final Logs logs = Logs.of(Retry.class);
  private final Retry retry = Retry.of("connecting", NOW);

  @AfterEach
  void release() {
    logs.close();
    Traces.checkNone(token);
  }

  private String failUntil(int success) throws IOException {
    if (attempts.incrementAndGet() < success) {
      throw new IOException("refused");
    }
    return "connected";
  }

  @Test
  void call_succeeds_logsNothing() throws Exception {
    assertEquals("connected", retry.call(own -> failUntil(1), token));
    assertEquals(List.of(), logs.messages());
  }

  /** INFO below the threshold, WARN from it on, and the completion is told. */
  @Test
  void call_succeedsLater_logsByThreshold() throws Exception {
    assertEquals("connected", retry.warnFrom(2).call(own -> failUntil(4), token));
    assertEquals(
        List.of(
            "INFO connecting failed 1 times, trying again in PT0S: java.io.IOException: refused",
            "WARN connecting failed 2 times, trying again in PT0S: java.io.IOException: refused",
            "WARN connecting failed 3 times, trying again in PT0S: java.io.IOException: refused",
            "INFO connecting succeeded after 3 failures"),
        logs.messages());
  }

  @Test
  void call_attemptsUsedUp_throwsTheLastFailure() {
    IOException thrown = assertThrows(IOException.class, () -> retry.attempts(3).call(own -> failUntil(9), token));
    assertEquals("refused", thrown.getMessage());
    assertEquals(3, attempts.get());
    assertEquals(
        "WARN connecting failed 3 times, giving up: java.io.IOException: refused", logs.messages().getLast());
  }

  @Test
  void call_permanentFailure_throwsAtOnce() {
    Retry patient = retry.permanent(failure -> failure instanceof IllegalArgumentException);
    assertThrows(IllegalArgumentException.class, () -> patient.call(own -> {
      throw new IllegalArgumentException(failUntil(1));
    }, token));
    assertEquals(1, attempts.get());
  }

  /** The token is looked at before each attempt: also before the first. */
  @Test
  void call_cancelledBefore_triesNothing() {
    CancellationToken child = token.child();
    child.cancel();
    assertThrows(CancelledException.class, () -> retry.call(own -> failUntil(1), child));
    assertEquals(0, attempts.get());
    assertEquals(List.of(), logs.messages());
  }

  /** The token ends the pause. */
  @Test
  void call_cancelledInThePause_ends() throws Exception {
    Backoff daily = Backoff.exponential(Duration.ofDays(1), Duration.ofDays(1));
    SideThread side = SideThread.startParked(() -> assertThrows(
        CancelledException.class, () -> Retry.of("connecting", daily).call(own -> failUntil(9), token)));
    token.cancel();
    side.join();
    assertEquals(1, attempts.get());
  }

  /** The pauses are by the clock of the task's pool, and are those of the backoff. */
  @Test
  void call_pausesByTheBackoff() throws Exception {
    ManualPool pool = new ManualPool();
    Retry paused = Retry.of("connecting", Backoff.exponential(SECOND, SECOND.multipliedBy(3)).withJitter(0));
    try (Scope scope = Scope.root("root")) {
      Task<String> task = scope.fork(pool, own -> paused.call(t -> failUntil(4), own));
      for (int seconds : List.of(1, 2, 3)) {
        pool.clock().awaitSleepers(1);
        pool.clock().advance(SECOND.multipliedBy(seconds).minusNanos(1));
        pool.clock().awaitSleepers(1);
        assertEquals(seconds, attempts.get());
        pool.clock().advance(Duration.ofNanos(1));
        SideThread.until(() -> attempts.get() == seconds + 1);
      }
      task.join();
      assertEquals("connected", task.result());
    }
  }

  /** A failure while the token is cancelled is the cancel's; it comes along. */
  @Test
  void call_failsBecauseCancelled_throwsTheCancel() {
    CancellationToken child = token.child();
    IOException closed = new IOException("socket closed");
    CancelledException thrown = assertThrows(CancelledException.class, () -> retry.call(own -> {
      child.cancel();
      throw closed;
    }, child));
    assertSame(closed, thrown.getSuppressed()[0]);
    assertEquals(List.of(), logs.messages());
  }

  /** Ends are no failures: they are thrown on, neither counted nor logged. */
  @Test
  void call_operationEnds_isNotTriedAgain() {
    CancellationToken stranger = CancellationToken.create();
    stranger.cancel();
    assertThrows(CancelledException.class, () -> retry.call(own -> {
      attempts.incrementAndGet();
      stranger.throwIfCancelled();
      return "";
    }, token));
    assertThrows(ClosedException.class, () -> retry.call(own -> {
      attempts.incrementAndGet();
      throw new ClosedException("queue is closed");
    }, token));
    assertThrows(InterruptedException.class, () -> retry.call(own -> {
      attempts.incrementAndGet();
      throw new InterruptedException();
    }, token));
    assertThrows(AssertionError.class, () -> retry.call(own -> {
      attempts.incrementAndGet();
      throw new AssertionError("test");
    }, token));
    assertEquals(4, attempts.get());
    assertEquals(List.of(), logs.messages());
  }

  /** A deadline of one attempt is a failure of that attempt. */
  @Test
  void call_deadlineOfTheAttempt_triesAgain() throws Exception {
    assertEquals("connected", retry.call(own -> {
      if (attempts.incrementAndGet() == 1) {
        own.withTimeout(Duration.ZERO).throwIfCancelled();
      }
      return "connected";
    }, token));
    assertEquals(2, attempts.get());
  }

  @Test
  void attempts_none_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> retry.attempts(0));
    assertTrue(retry.toString().contains("connecting"));
  }
}
