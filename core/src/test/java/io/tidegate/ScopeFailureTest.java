// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** S7: what the failure of a task means to others, and who is told of it. */
@ExtendWith(LeakCheck.class)
class ScopeFailureTest {
  private static final AttributeKey<String> TENANT_ID = new AttributeKey<>("tenant_id", String.class);
  private static final String ATTRIBUTES = "attributes {tenant_id=t1}";

  private final IOException disk = new IOException("disk");
  private final AssertionError broken = new AssertionError("broken");
  private final Trail fatal = new Trail();
  private final Logs logs = Logs.of(Scope.class);
  private final Scope server =
      Scope.newRoot("server").onFatal((task, error) -> fatal.add(task.name() + ": " + error.getMessage())).open();
  private final Scope tenant = server.newChild("tenant").with(TENANT_ID, "t1").open();

  @AfterEach
  void closes() {
    server.close();
    Closed.check(server);
    logs.close();
  }

  /** A kind with a failure policy of its own. */
  private record Strict(FailurePolicy policy) implements TaskKind {
    @Override
    public String name() {
      return "STRICT";
    }

    @Override
    public Optional<FailurePolicy> failurePolicy() {
      return Optional.of(policy);
    }
  }

  private Task<String> fail(Scope scope, TaskKind kind) throws InterruptedException {
    Task<String> task = scope.fork(kind, token -> {
      throw disk;
    });
    task.join();
    assertEquals(Task.State.FAILED, task.state());
    return task;
  }

  private List<String> errors() {
    return logs.events().stream()
        .filter(event -> event.getLevel() == Level.ERROR)
        .map(event -> event.getFormattedMessage())
        .toList();
  }

  private static void assertCancelled(boolean expected, Scope... scopes) {
    for (Scope scope : scopes) {
      assertEquals(expected, scope.token().isCancelled(), scope.path());
    }
  }

  /** S7: without a policy the siblings go on. */
  @Test
  void fail_noPolicy_cancelsNobody() throws Exception {
    Stubborn sibling = Stubborn.in(tenant);
    fail(tenant, Work.READ);
    assertCancelled(false, server, tenant);
    assertEquals(1, tenant.tasks().size());
    sibling.release();
  }

  /** S7: CANCEL_SCOPE cancels the task's scope and those below, with the exception as the reason. */
  @Test
  void fail_cancelScope_cancelsItsSubtree() throws Exception {
    Scope timeline = tenant.newChild("timeline").onFailure(FailurePolicy.CANCEL_SCOPE).open();
    Scope walreceiver = timeline.child("walreceiver");
    Scope other = tenant.child("other");
    Task<String> failed = fail(timeline, Work.READ);
    assertCancelled(true, timeline, walreceiver);
    assertCancelled(false, server, tenant, other);
    CancelReason reason = walreceiver.token().reason().orElseThrow();
    assertEquals(CancelReason.Code.FAILED, reason.code());
    assertSame(disk, reason.cause());
    assertEquals(failed.name() + " failed", reason.text());
    assertEquals("server/tenant/timeline", reason.source());
  }

  /** S7: a sibling that hears the cancel is cancelled, not failed, and is given the failure. */
  @Test
  void fail_cancelScope_siblingIsCancelledBecauseOfIt() throws Exception {
    Scope timeline = tenant.newChild("timeline").onFailure(FailurePolicy.CANCEL_SCOPE).open();
    Task<String> sibling = timeline.fork(Work.READ, token -> {
      token.awaitCancelled();
      token.throwIfCancelled();
      return "never";
    });
    fail(timeline, Work.WRITE);
    sibling.join();
    assertEquals(Task.State.CANCELLED, sibling.state());
    assertSame(disk, ((CancelledException) sibling.exception().orElseThrow()).reason().cause());
  }

  /** S7: the policy is that of the scope alone: a child scope's own counts for its tasks. */
  @Test
  void fail_parentHasPolicy_childIsIsolated() throws Exception {
    Scope strict = tenant.newChild("strict").onFailure(FailurePolicy.CANCEL_SCOPE).open();
    Scope child = strict.child("child");
    fail(child, Work.READ);
    assertCancelled(false, server, tenant, strict, child);
  }

  /** S7: CANCEL_ROOT cancels the whole tree. */
  @Test
  void fail_cancelRoot_cancelsAll() throws Exception {
    Scope other = server.child("other");
    fail(tenant.newChild("timeline").onFailure(FailurePolicy.CANCEL_ROOT).open(), Work.READ);
    assertCancelled(true, server, tenant, other);
    assertSame(disk, other.token().reason().orElseThrow().cause());
  }

  /** S7: cancelAncestor cancels the nearest scope of the name. */
  @Test
  void fail_cancelAncestor_cancelsTheNearest() throws Exception {
    Scope inner = tenant.child("tenant");
    Scope timeline = inner.newChild("timeline").onFailure(FailurePolicy.cancelAncestor("tenant")).open();
    fail(timeline, Work.READ);
    assertCancelled(true, inner, timeline);
    assertCancelled(false, server, tenant);
  }

  /** S7: cancelAncestor begins with the task's own scope. */
  @Test
  void fail_cancelAncestorIsOwnScope_cancelsIt() throws Exception {
    Scope timeline = tenant.newChild("timeline").onFailure(FailurePolicy.cancelAncestor("timeline")).open();
    fail(timeline, Work.READ);
    assertCancelled(true, timeline);
    assertCancelled(false, server, tenant);
  }

  /** S7: cancelAncestor without such a scope cancels nobody, and says so; the failure is told as well. */
  @Test
  void fail_cancelAncestorIsMissing_isLogged() throws Exception {
    Task<?> task = tenant.spawn(new Strict(FailurePolicy.cancelAncestor("nobody")), token -> {
      throw disk;
    });
    task.join();
    assertCancelled(false, server, tenant);
    tenant.close();
    assertEquals(
        List.of(
            "cancelAncestor(nobody) of " + task.name()
                + " found no such scope above server/tenant: nothing is cancelled",
            task + " failed; " + ATTRIBUTES),
        errors());
  }

  /** S7: the kind's policy comes before the scope's, in both directions. */
  @Test
  void fail_kindAndScopeHavePolicies_kindsCounts() throws Exception {
    Scope strict = tenant.newChild("strict").onFailure(FailurePolicy.CANCEL_ROOT).open();
    fail(strict, new Strict(FailurePolicy.ISOLATE));
    assertCancelled(false, server, tenant, strict);
    fail(strict, new Strict(FailurePolicy.CANCEL_SCOPE));
    assertCancelled(true, strict);
    assertCancelled(false, server, tenant);
  }

  /** S7: of several failures the first is the reason; none is lost. */
  @Test
  void fail_second_firstStaysTheReason() throws Exception {
    Scope timeline = tenant.newChild("timeline").onFailure(FailurePolicy.CANCEL_SCOPE).open();
    Task<String> first = fail(timeline, Work.READ);
    Task<String> second = fail(timeline, Work.READ);
    assertEquals(first.name() + " failed", timeline.token().reason().orElseThrow().text());
    timeline.close();
    assertEquals(Set.of(untaken(first), untaken(second)), Set.copyOf(errors()));
    assertEquals(2, errors().size());
  }

  /** S7: nothing is swallowed: where the kind fails to tell its policy, the scope's counts and the failure is told. */
  @Test
  void fail_kindsPolicyThrows_scopesCounts() throws Exception {
    for (Throwable thrown : List.of(new IllegalStateException("no policy"), new NoClassDefFoundError("no policy"))) {
      Scope strict = tenant.newChild("strict").onFailure(FailurePolicy.CANCEL_SCOPE).open();
      int before = errors().size();
      Task<?> task = strict.spawn(new NoPolicy(thrown), token -> {
        throw disk;
      });
      task.join(); // a close would cancel the scope first
      strict.close();
      assertSame(disk, task.exception().orElseThrow());
      assertSame(disk, strict.token().reason().orElseThrow().cause(), thrown.toString());
      assertEquals(
          List.of(
              "kind NO_POLICY does not tell its failure policy: that of server/tenant/strict counts",
              task + " failed; " + ATTRIBUTES),
          errors().subList(before, errors().size()));
    }
  }

  private record NoPolicy(Throwable thrown) implements TaskKind {
    @Override
    public String name() {
      return "NO_POLICY";
    }

    @Override
    public Optional<FailurePolicy> failurePolicy() {
      if (thrown instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) thrown;
    }
  }

  private static String untaken(Task<?> task) {
    return task + " failed and nobody asked; " + ATTRIBUTES;
  }

  /** S7: a spawned task's failure is logged once, with path, attributes and the exception, asked about or not. */
  @Test
  void spawn_fails_isLoggedOnce() {
    Scope timeline = tenant.child("timeline");
    Task<?> task = timeline.spawn(Work.READ, token -> {
      throw disk;
    });
    SideThread.until(() -> !errors().isEmpty());
    assertSame(disk, task.exception().orElseThrow());
    server.close();
    assertEquals(
        List.of("task " + task.name() + " of server/tenant/timeline (FAILED) failed; " + ATTRIBUTES), errors());
    assertTrue(logs.events().stream().anyMatch(event ->
        event.getLevel() == Level.ERROR && event.getThrowableProxy().getMessage().equals("disk")));
    assertEquals(List.of(), fatal.events());
  }

  /** S7: a forked task's failure that somebody took is not logged. */
  @Test
  void fork_failureTaken_isNotLogged() throws Exception {
    assertSame(disk, fail(tenant, Work.READ).exception().orElseThrow());
    Task<String> askedForResult = fail(tenant, Work.READ);
    assertSame(disk, assertThrows(IllegalStateException.class, askedForResult::result).getCause());
    server.close();
    assertEquals(List.of(), errors());
  }

  /** S7: a forked task's failure that nobody took is logged when its own scope closes, once. */
  @Test
  void fork_failureNotTaken_isLoggedAtClose() throws Exception {
    Scope timeline = tenant.child("timeline");
    Task<String> task = fail(timeline, Work.READ);
    assertFalse(task.name().isEmpty());
    assertEquals(List.of(), errors());
    timeline.close();
    assertEquals(List.of(untaken(task)), errors());
    assertTrue(errors().getFirst().contains("server/tenant/timeline"));
    server.close();
    timeline.close();
    assertEquals(1, errors().size());
  }

  /** S7: of many failures that nobody took, each is logged once: some before the close, none twice, none lost. */
  @Test
  void fork_manyFailuresNotTaken_eachIsLoggedOnce() throws Exception {
    Scope timeline = tenant.child("timeline");
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Task<String> task = fail(timeline, Work.READ);
      if (i % 4 == 0) {
        assertSame(disk, task.exception().orElseThrow());
      } else {
        expected.add(untaken(task));
      }
    }
    timeline.close();
    assertEquals(expected.stream().sorted().toList(), errors().stream().sorted().toList());
  }

  /** S7: an Error is logged and told to the root's fatal handler at once, of a spawned task and of a forked one. */
  @Test
  void fail_error_isToldAtOnce() throws Exception {
    Stubborn keepsOpen = Stubborn.in(tenant);
    Task<?> spawned = tenant.spawn(Work.READ, token -> {
      throw broken;
    });
    SideThread.until(() -> fatal.events().size() == 1);
    Task<String> forked = tenant.fork(Work.READ, token -> {
      throw broken;
    });
    SideThread.until(() -> fatal.events().size() == 2);
    assertEquals(List.of(ofError(spawned), ofError(forked)), errors());
    assertEquals(List.of(spawned.name() + ": broken", forked.name() + ": broken"), fatal.events());
    keepsOpen.release();
    server.close();
    assertEquals(2, errors().size());
    assertEquals(2, fatal.events().size());
    assertSame(broken, forked.exception().orElseThrow());
  }

  private static String ofError(Task<?> task) {
    return task + " ended with an error; " + ATTRIBUTES;
  }

  /** S7: an Error cancels as any failure does, before the fatal handler is told. */
  @Test
  void fail_errorWithPolicy_cancels() throws Exception {
    Scope strict = tenant.newChild("strict").onFailure(FailurePolicy.CANCEL_SCOPE).open();
    strict.spawn(Work.READ, token -> {
      throw broken;
    });
    SideThread.until(() -> !fatal.events().isEmpty());
    assertSame(broken, strict.token().reason().orElseThrow().cause());
    assertCancelled(false, server, tenant);
  }

  /** S7: a fatal handler that throws is reported; the task ends and the scope closes all the same. */
  @Test
  void fail_fatalHandlerThrows_isReported() throws Exception {
    for (Throwable thrown : List.of(new IllegalStateException("handler"), new StackOverflowError("handler"))) {
      int before = errors().size();
      Scope root = Scope.newRoot("fragile").onFatal((task, error) -> sneak(thrown)).open();
      Task<?> task = root.child("child").spawn(Work.READ, token -> {
        throw broken;
      });
      task.join();
      root.close();
      Closed.check(root);
      assertSame(broken, task.exception().orElseThrow());
      assertEquals(
          List.of(
              task + " ended with an error; attributes {}",
              "the fatal handler of fragile failed on " + task),
          errors().subList(before, errors().size()));
    }
  }

  private static void sneak(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) thrown;
  }

  /** S7: a failure that has nothing to do with the cancel is told, though the task was cancelled. */
  @Test
  void fail_whileCancelled_isLogged() throws Exception {
    Task<?> task = tenant.spawn(Work.READ, token -> {
      token.awaitCancelled();
      throw disk;
    });
    tenant.close();
    assertEquals(Task.State.FAILED, task.state());
    assertEquals(List.of(task + " failed; " + ATTRIBUTES), errors());
    assertEquals(CancelReason.Code.CLOSED, tenant.token().reason().orElseThrow().code());
  }
}
