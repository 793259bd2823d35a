// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.carrier.CarrierPool;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** S1, S7, S8: user code that throws where nobody expects it loses no task's end, and stops no close. */
class HostileTest {
  private static final Duration LONG = Duration.ofDays(1);
  private static final AttributeKey<Mute> MUTE = new AttributeKey<>("mute", Mute.class);

  private final Trail trail = new Trail();
  private final Trail uncaught = new Trail();
  private final ManualPool pool = new ManualPool();
  private final Scope closers = Scope.root("closers");
  private final Scope root = Scope.newRoot("root").onFatal((task, error) -> trail.add("fatal")).open();
  private final Logs ofScopes = Logs.of(Scope.class);
  private final Logs ofGates = Logs.of(Gate.class);
  private final Logs ofTokens = Logs.of(CancellationToken.class);
  private Thread.@Nullable UncaughtExceptionHandler before;

  @BeforeEach
  void catchUncaught() {
    before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> {
      if (pool.threads().contains(thread)) { // others may be left from the test before, and end late
        uncaught.add(thrown.getClass().getSimpleName());
      }
    });
  }

  @AfterEach
  void closes() {
    root.close();
    Closed.check(root);
    closers.close();
    List.of(ofScopes, ofGates, ofTokens).forEach(Logs::close);
    Thread.setDefaultUncaughtExceptionHandler(before);
  }

  /** What goes wrong. */
  enum Fault {
    NONE,
    APPENDER,
    THROWN,
    KIND,
    ALL;

    boolean has(Fault other) {
      return this == other || this == ALL;
    }

    RuntimeException exception() {
      return has(THROWN) ? new MuteException() : new IllegalStateException("disk");
    }

    Error error() {
      return has(THROWN) ? new MuteError() : new AssertionError("broken");
    }

    TaskKind kind(CarrierPool pool) {
      return has(KIND) ? new Forgetful(pool, new AtomicInteger()) : new Plain(pool);
    }
  }

  /** Something that does not describe itself. */
  private static final class Mute implements AutoCloseable {
    private boolean closed;

    @Override
    public void close() {
      closed = true;
      throw new MuteException();
    }

    @Override
    public String toString() {
      throw new UnsupportedOperationException("toString");
    }
  }

  private static final class MuteException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new UnsupportedOperationException("getMessage");
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      throw new UnsupportedOperationException("getStackTrace");
    }
  }

  private static final class MuteInterrupted extends InterruptedException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new UnsupportedOperationException("getMessage");
    }
  }

  private static final class MuteError extends Error {
    private static final long serialVersionUID = 1L;

    @Override
    public String toString() {
      throw new StackOverflowError("toString");
    }

    @Override
    public String getMessage() {
      throw new StackOverflowError("getMessage");
    }
  }

  private record Plain(CarrierPool pool) implements TaskKind {
    @Override
    public String name() {
      return "PLAIN";
    }
  }

  /** Tells its name only so often. */
  private record Forgetful(CarrierPool pool, AtomicInteger asked) implements TaskKind {
    @Override
    public String name() {
      if (asked.getAndIncrement() > 0) {
        throw new IllegalStateException("name");
      }
      return "FORGETFUL";
    }

    @Override
    public Optional<FailurePolicy> failurePolicy() {
      throw new IllegalStateException("failurePolicy");
    }
  }

  private void begin(Fault fault) {
    if (fault.has(Fault.APPENDER)) {
      for (Logs logs : List.of(ofScopes, ofGates, ofTokens)) {
        logs.onEvent(event -> {
          throw new AssertionError("appender");
        });
      }
    }
  }

  /** S7: a failure reaches the handle, the policy and the fatal handler, and the task leaves. */
  @ParameterizedTest
  @EnumSource
  void fail_anyFault_isWhole(Fault fault) throws Exception {
    begin(fault);
    Scope strict = root.newChild("strict").onFailure(FailurePolicy.CANCEL_SCOPE).open();
    Task<?> sibling = strict.spawn(Work.READ, CancellationToken::awaitCancelled);
    Task<?> sleeper = strict.spawn(Work.READ, token -> token.sleep(LONG));
    RuntimeException thrown = fault.exception();
    Error error = fault.error();
    List<Task<?>> failed = List.of(
        strict.spawn(fault.kind(pool), token -> {
          throw thrown;
        }),
        strict.fork(fault.kind(pool), token -> {
          throw thrown;
        }));
    for (Task<?> task : failed) {
      task.join();
      assertEquals(Task.State.FAILED, task.state());
    }
    assertSame(thrown, failed.getFirst().exception().orElseThrow());
    assertSame(thrown, strict.token().reason().orElseThrow().cause());
    sibling.join();
    sleeper.join();
    assertEquals(Task.State.SUCCEEDED, sibling.state());
    assertEquals(Task.State.CANCELLED, sleeper.state());
    Task<?> fatal = strict.spawn(fault.kind(pool), token -> {
      throw error;
    });
    fatal.join();
    strict.close();
    assertSame(error, fatal.exception().orElseThrow());
    assertEquals(List.of("fatal"), trail.events());
    Closed.check(strict);
    pool.awaitAllEnded();
    assertEquals(fault == Fault.NONE || fault == Fault.KIND, uncaught.events().isEmpty(), uncaught.events()::toString);
  }

  /** S4: a task that ends by its cancel does so, however it says that. */
  @ParameterizedTest
  @EnumSource
  void cancel_anyFault_isCancelled(Fault fault) throws Exception {
    begin(fault);
    Task<?> task = root.spawn(fault.kind(pool), token -> {
      token.awaitCancelled();
      throw fault.has(Fault.THROWN) ? new MuteInterrupted() : new InterruptedException();
    });
    assertTrue(task.cancel("enough"));
    task.join();
    assertEquals(Task.State.CANCELLED, task.state());
    pool.awaitAllEnded();
    assertEquals(fault.has(Fault.APPENDER), !uncaught.events().isEmpty(), uncaught.events()::toString);
  }

  /** S8: the later stages of a close follow, and its report can be read. */
  @ParameterizedTest
  @EnumSource
  void closeGracefully_anyFault_runsAllStages(Fault fault) throws Exception {
    begin(fault);
    Scope scope = root.child("scope");
    Scope child = scope.child("child");
    RuntimeException thrown = fault.exception();
    scope.onDrain("fails", () -> {
      throw thrown;
    });
    scope.onDrain("next", () -> trail.add("drained"));
    child.onDrain("child", () -> trail.add("child drained"));
    scope.onClosed("last", () -> trail.add("closed"));
    Mute owned = scope.own(new Mute());
    scope.onClosed("fails", () -> {
      throw thrown;
    });
    scope.token().onCancel(() -> {
      trail.add("callback");
      throw thrown;
    });
    child.token().closeOnCancel(new Mute());
    Task<?> untaken = child.fork(fault.kind(pool), token -> {
      throw thrown;
    });
    untaken.join();
    CloseReport report = scope.closeGracefully(LONG);
    assertEquals(List.of("drained", "child drained", "callback", "closed"), trail.events());
    assertTrue(owned.closed);
    assertTrue(report.closed());
    assertFalse(report.isOrderly());
    assertTrue(report.toString().contains("close step \"fails\"  failed"), report::toString);
    assertTrue(report.toString().contains("Mute (its toString threw java.lang.Unsupported"), report::toString);
    Closed.check(child);
    Closed.check(scope);
  }

  /** G5: a slow close is waited for to its end, and who is inside can be listed. */
  @ParameterizedTest
  @EnumSource
  void slowClose_anyFault_ends(Fault fault) throws Exception {
    begin(fault);
    Scope scope = root.newChild("scope").with(MUTE, new Mute()).open();
    Stubborn stubborn = new Stubborn();
    Task<?> inside = scope.spawn(fault.kind(pool), stubborn);
    stubborn.awaitInside();
    TokenNode failed = PlainToken.root();
    failed.cancel(CancelReason.of(CancelReason.Code.FAILED, "failed", fault.exception()));
    Gate.Guard guard = scope.gate().child("gate").enter("on " + failed);
    Task<CloseReport> closer = closers.fork(pool, token -> scope.close(Duration.ofSeconds(1)));
    for (int mark : List.of(100, 900)) {
      pool.clock().awaitSleepers(1);
      pool.clock().advance(Duration.ofMillis(mark));
    }
    closer.join();
    assertEquals(List.of(inside.name()), closer.result().left().stream().map(Holder::name).toList());
    assertEquals(Set.of(inside.name(), "on " + failed), names(scope));
    assertTrue(root.snapshot().toString().contains("mute="), () -> root.snapshot().toString());
    Task<?> second = closers.spawn(pool, token -> scope.close());
    pool.clock().awaitSleepers(1);
    guard.close();
    stubborn.release();
    second.join();
    assertEquals(Task.State.SUCCEEDED, second.state());
    Closed.check(scope);
  }

  /** S5, G5: a slow retirement is waited for to its end. */
  @ParameterizedTest
  @EnumSource
  void retire_anyFault_ends(Fault fault) throws Exception {
    begin(fault);
    AtomicInteger asked = new AtomicInteger(-1); // once by the task, once by who retires
    TaskKind kind = fault.has(Fault.KIND) ? new Forgetful(pool, asked) : new Plain(pool);
    Stubborn stubborn = new Stubborn();
    Task<?> inside = root.spawn(kind, stubborn);
    stubborn.awaitInside();
    Task<?> retiring = closers.spawn(pool, token -> root.retire(kind));
    pool.clock().awaitSleepers(1);
    pool.clock().advance(Duration.ofMillis(100));
    pool.clock().awaitSleepers(1);
    stubborn.release();
    retiring.join();
    assertEquals(Task.State.SUCCEEDED, retiring.state());
    assertEquals(Task.State.SUCCEEDED, inside.state());
  }

  private static Set<String> names(Scope scope) {
    return new HashSet<>(scope.gate().holders().stream().map(Holder::name).toList());
  }

  /** S2: what fails before a task runs fails its start, and leaves nothing behind. */
  @Test
  void spawn_kindOrPoolThrows_startsNothing() {
    RuntimeException thrown = new MuteException();
    CarrierPool shared = CarrierPool.shared();
    List<TaskKind> hostile = List.of(
        new Kind(() -> {
          throw thrown;
        }, () -> shared),
        new Kind(() -> "KIND", () -> {
          throw thrown;
        }),
        new Kind(() -> "KIND", () -> new BrokenPool(() -> {
          throw thrown;
        }).breakNow()),
        new Kind(() -> "KIND", () -> new BrokenPool(() -> work -> {
          throw thrown;
        }).breakNow()));
    for (TaskKind kind : hostile) {
      assertSame(thrown, assertThrows(MuteException.class, () -> root.spawn(kind, token -> trail.add("ran"))));
      assertSame(thrown, assertThrows(MuteException.class, () -> root.fork(kind, token -> 1)));
      assertEquals(List.of(), root.gate().holders());
    }
    TaskKind nameless = new Kind(HostileTest::nothing, () -> shared);
    assertThrows(NullPointerException.class, () -> root.spawn(nameless, token -> trail.add("ran")));
    TaskKind threadless = new Kind(() -> "KIND", () -> new BrokenPool(() -> work -> nothing()).breakNow());
    assertThrows(NullPointerException.class, () -> root.spawn(threadless, token -> trail.add("ran")));
    assertEquals(List.of(), root.gate().holders());
    assertEquals(List.of(), trail.events());
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // what a kind must not answer
  private static <T> T nothing() {
    return null;
  }

  private record Kind(Supplier<String> named, Supplier<CarrierPool> pools)
      implements TaskKind {
    @Override
    public String name() {
      return named.get();
    }

    @Override
    public CarrierPool pool() {
      return pools.get();
    }
  }
}
