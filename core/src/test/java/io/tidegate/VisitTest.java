// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.MDC;

@ExtendWith(LeakCheck.class)
class VisitTest {
  private static final AttributeKey<String> TENANT = new AttributeKey<>("tenant_id", String.class);

  private final Scope home = Scope.newRoot("home").with(TENANT, "none").open();
  private final Scope tenant = Scope.newRoot("tenant").with(TENANT, "t1").open();

  @AfterEach
  void closes() {
    MDC.clear();
    tenant.close();
    home.close();
    Closed.check(tenant);
    Closed.check(home);
  }

  /** S6: a visitor counts in the gate under its own name. */
  @Test
  void enter_task_isHolderUnderItsName() throws Exception {
    Task<String> task = home.fork(Work.READ, token -> {
      Visit visit = tenant.enter();
      Holder holder = tenant.gate().holders().getFirst();
      visit.close();
      return holder.name() + "/" + holder.kind() + "/" + tenant.gate().holders().size();
    });
    task.join();
    assertEquals("visit of " + task.name() + "/READ/0", task.result());
  }

  /** S6: a thread outside of all tasks may visit as well. */
  @Test
  void enter_plainThread_isHolder() throws Exception {
    tenant.run(token -> assertEquals(1, tenant.gate().holders().size()));
    assertEquals(List.of(), tenant.gate().holders());
  }

  /** S6, S1: a close waits for a visit as for a task. */
  @Test
  void close_visited_waits() throws Exception {
    Visit visit = tenant.enter();
    SideThread closer = SideThread.startParked(tenant::close);
    assertTrue(visit.token().isCancelled());
    assertFalse(tenant.isClosed());
    visit.close();
    closer.join();
  }

  /** S6: the visit's token is cancelled with the scope's, and with the visiting task's; nothing else is. */
  @Test
  void token_eitherCancelled_isCancelled() throws Exception {
    CountDownLatch inside = new CountDownLatch(2);
    TaskBody<String> body = token -> tenant.call(visit -> {
      inside.countDown();
      visit.awaitCancelled();
      return visit.reason().orElseThrow().text();
    });
    Task<String> first = home.fork(body);
    Task<String> second = home.fork(body);
    inside.await();
    first.cancel("by the task");
    first.join();
    assertEquals("by the task", first.result());
    assertFalse(tenant.token().isCancelled());
    tenant.cancel("by the scope");
    second.join();
    assertEquals("by the scope", second.result());
    assertFalse(home.token().isCancelled());
  }

  /** T10: waits inside a visit answer to the visit's token. */
  @Test
  void wait_visitedScopeCancelled_throws() throws Exception {
    Stubborn stubborn = new Stubborn();
    Task<String> longer = home.fork(Work.READ, stubborn);
    CountDownLatch inside = new CountDownLatch(1);
    SideThread visitor = SideThread.start(() -> tenant.run(token -> {
      inside.countDown();
      assertThrows(CancelledException.class, longer::join);
    }));
    inside.await();
    tenant.cancel("enough");
    visitor.join();
    stubborn.release();
  }

  /** S6: nested visits end in reverse order, each giving back what was before. */
  @Test
  void close_nested_restoresLogKeys() throws Exception {
    MDC.put("tenant_id", "before");
    Visit outer = home.enter();
    assertEquals("none", MDC.get("tenant_id"));
    Visit inner = tenant.enter();
    assertEquals("t1", MDC.get("tenant_id"));
    inner.close();
    inner.close();
    assertEquals("none", MDC.get("tenant_id"));
    outer.close();
    assertEquals("before", MDC.get("tenant_id"));
  }

  /** A key that was not there before is gone after. */
  @Test
  void close_noKeyBefore_removesIt() {
    tenant.enter().close();
    assertNull(MDC.get("tenant_id"));
  }

  /** S6: a thread that visits is in its task all the same. */
  @Test
  void current_inVisit_isTheTask() throws Exception {
    AtomicReference<@Nullable Task<?>> seen = new AtomicReference<>();
    Task<?> task = home.spawn(Work.READ, token -> tenant.run(visit -> seen.set(Task.current().orElseThrow())));
    task.join();
    assertSame(task, seen.get());
    tenant.run(token -> assertEquals(Optional.empty(), Task.current()));
  }

  /** Another thread may end a visit; the visiting one is out at its next look, and gets its log keys back. */
  @Test
  void close_byAnotherThread_endsTheStay() throws Exception {
    Visit visit = tenant.enter();
    SideThread.start(visit::close).join();
    assertEquals(List.of(), tenant.gate().holders());
    tenant.close(); // not from inside any more
    visit.close();
    assertNull(MDC.get("tenant_id"));
  }

  /** A visit that was left out of order is no stay any more: its thread may close the scope. */
  @Test
  void close_outOfOrder_leavesNoStay() {
    Visit outer = tenant.enter();
    Visit inner = home.enter();
    outer.close();
    tenant.close();
    inner.close();
    home.close();
  }

  /** What the body throws comes out as it is, and the visit has ended. */
  @Test
  void call_bodyThrows_comesOut() {
    IOException thrown = new IOException("disk");
    assertSame(thrown, assertThrows(IOException.class, () -> tenant.call(token -> {
      throw thrown;
    })));
    assertEquals(List.of(), tenant.gate().holders());
  }

  /** S2: a closed scope refuses visits, and the body does not start. */
  @Test
  void call_closed_doesNotStart() {
    tenant.close();
    Trail trail = new Trail();
    assertThrows(GateClosedException.class, () -> tenant.run(token -> trail.add("ran")));
    assertThrows(GateClosedException.class, () -> tenant.call(token -> 1));
    assertThrows(GateClosedException.class, tenant::enter);
    assertEquals(List.of(), trail.events());
    assertNull(MDC.get("tenant_id"));
  }
}
