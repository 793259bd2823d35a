// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tasks that have a name or a failure policy of their own. */
@ExtendWith(LeakCheck.class)
class TaskBuilderTest {
  private final IOException disk = new IOException("disk");
  private final Scope root = Scope.root("root");
  private final Scope scope = root.newChild("scope").onFailure(FailurePolicy.CANCEL_ROOT).open();

  @AfterEach
  void closes() {
    root.close();
    Closed.check(scope);
  }

  private Object fails(CancellationToken token) throws IOException {
    throw disk;
  }

  /** S4, S5: the name is that of the handle, the listings and the reports. */
  @Test
  void fork_named_isListedUnderItsName() throws Exception {
    Stubborn stubborn = new Stubborn();
    Task<String> task = scope.newTask(Work.READ).name("layer 7").fork(stubborn);
    stubborn.awaitInside();
    assertEquals("layer 7", task.name());
    assertSame(Work.READ, task.kind());
    assertEquals("layer 7", scope.gate().holders().getFirst().name());
    assertTrue(root.snapshot().toString().contains("- layer 7 [READ], inside for "), root.snapshot()::toString);
    assertEquals("task layer 7 of root/scope (RUNNING)", task.toString());
    stubborn.release();
    task.join();
    assertEquals("released", task.result());
  }

  /** One builder starts any number of tasks; one without a name gets that of its kind. */
  @Test
  void builder_usedTwice_startsTwoTasks() throws Exception {
    Task.Builder builder = scope.newTask(Work.WRITE);
    Task<?> first = builder.spawn(token -> {});
    Task<?> second = builder.spawn(token -> {});
    first.join();
    second.join();
    assertNotSame(first, second);
    assertEquals("WRITE-" + first.id(), first.name());
    assertThrows(IllegalArgumentException.class, () -> builder.name(""));
  }

  /** S7: the task's own policy counts before that of its kind, and that before its scope's. */
  @Test
  void fail_ownPolicy_countsFirst() throws Exception {
    TaskKind strict = new TaskKind() {
      @Override
      public String name() {
        return "STRICT";
      }

      @Override
      public Optional<FailurePolicy> failurePolicy() {
        return Optional.of(FailurePolicy.CANCEL_SCOPE);
      }
    };
    Task<?> isolated = scope.newTask(strict).onFailure(FailurePolicy.ISOLATE).fork(this::fails);
    isolated.join();
    assertSame(disk, isolated.exception().orElseThrow());
    assertFalse(scope.token().isCancelled());

    Task<?> byKind = scope.newTask(strict).fork(this::fails);
    byKind.join();
    assertSame(disk, byKind.exception().orElseThrow());
    assertTrue(scope.token().isCancelled());
    assertFalse(root.token().isCancelled());

    Task<?> byScope = scope.newTask(Work.READ).fork(this::fails);
    byScope.join();
    assertSame(disk, byScope.exception().orElseThrow());
    assertTrue(root.token().isCancelled());
  }

  /** S2: a closed scope refuses what a builder starts. */
  @Test
  void start_closed_isRefused() {
    Task.Builder builder = scope.newTask(Work.READ);
    scope.close();
    assertThrows(GateClosedException.class, () -> builder.spawn(token -> {}));
    assertThrows(GateClosedException.class, () -> builder.fork(token -> ""));
  }
}
