// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.testing.LeakCheck;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class ScopeTest {
  private static final AttributeKey<String> TENANT = new AttributeKey<>("tenant_id", String.class);
  private static final AttributeKey<Integer> SHARD = new AttributeKey<>("shard", Integer.class);

  private final Scope root = Scope.root("root");

  @AfterEach
  void closes() {
    root.close();
    Closed.check(root);
  }

  // ---- the tree

  /** S5: a scope knows its place in the tree. */
  @Test
  void child_open_isBelow() {
    Scope tenant = root.child("tenant");
    Scope timeline = tenant.child("timeline");
    assertEquals("root/tenant/timeline", timeline.path());
    assertEquals("timeline", timeline.name());
    assertEquals(Optional.of(tenant), timeline.parent());
    assertEquals(Optional.empty(), root.parent());
    assertEquals(List.of(tenant), root.children());
    assertFalse(timeline.isClosing());
    assertFalse(timeline.isClosed());
  }

  /** S5: names make paths, so they are not empty and have no slash. */
  @Test
  void child_badName_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> root.child(""));
    assertThrows(IllegalArgumentException.class, () -> root.child("a/b"));
    assertThrows(IllegalStateException.class, () -> root.newChild("a").onFatal((task, error) -> {}));
  }

  /** S5: descendants inherit attributes. */
  @Test
  void attribute_nearestAncestorCounts() {
    Scope tenant = root.newChild("tenant").with(TENANT, "t1").with(SHARD, 1).open();
    Scope shard = tenant.newChild("shard").with(SHARD, 2).open();
    assertEquals(Optional.of("t1"), shard.attribute(TENANT));
    assertEquals(Optional.of(2), shard.attribute(SHARD));
    assertEquals(Optional.of(1), tenant.attribute(SHARD));
    assertEquals(Optional.empty(), root.attribute(TENANT));
  }

  /** S5: a fork without a kind has that of its scope, else of an ancestor. */
  @Test
  void defaultKind_isInherited() throws Exception {
    Scope tenant = root.newChild("tenant").defaultKind(Work.WRITE).open();
    Task<Integer> task = tenant.child("timeline").fork(token -> 1);
    assertEquals(Work.WRITE, task.kind());
    assertEquals("TASK", root.fork(token -> 1).kind().name());
  }

  /** T2: cancelling goes downwards only. */
  @Test
  void cancel_scope_cancelsTheSubtree() {
    Scope tenant = root.child("tenant");
    Scope timeline = tenant.child("timeline");
    Scope other = root.child("other");
    assertTrue(tenant.cancel("enough"));
    assertFalse(tenant.cancel("again"));
    assertEquals("enough", timeline.token().reason().orElseThrow().text());
    assertFalse(other.token().isCancelled());
    assertFalse(root.token().isCancelled());
    assertFalse(tenant.isClosing());
    assertTrue(tenant.child("late").token().isCancelled(), "born cancelled");
  }

  /** T8: the source is the scope of who asked, not of who is asked. */
  @Test
  void cancel_byTaskAndByThread_namesWhoAsked() throws Exception {
    Scope tenant = root.child("tenant");
    Scope other = root.child("other");
    root.child("asker").spawn(Work.READ, token -> tenant.cancel("not wanted")).join();
    assertEquals("root/asker", tenant.token().reason().orElseThrow().source());
    other.cancel("not wanted");
    assertEquals("thread " + Thread.currentThread().getName(), other.token().reason().orElseThrow().source());
    assertThrows(NullPointerException.class, () -> root.cancel(nullText()));
  }

  @SuppressWarnings("NullAway") // passes what must not be passed
  private static String nullText() {
    return null;
  }

  // ---- S2

  /** S2: a closed scope refuses everything, and what is refused never starts. */
  @Test
  void everything_closed_isRefused() {
    Scope scope = root.child("scope");
    scope.close();
    Trail trail = new Trail();
    assertThrows(GateClosedException.class, () -> scope.spawn(Work.READ, token -> trail.add("spawn")));
    assertThrows(GateClosedException.class, () -> scope.fork(Work.READ, token -> 1));
    assertThrows(GateClosedException.class, () -> scope.fork(token -> 1));
    assertThrows(GateClosedException.class, () -> scope.child("late"));
    assertThrows(GateClosedException.class, scope::enter);
    assertThrows(GateClosedException.class, () -> scope.onDrain("late", () -> trail.add("drain")));
    assertThrows(GateClosedException.class, () -> scope.onClosed("late", () -> trail.add("closed")));
    assertThrows(GateClosedException.class, () -> scope.own(() -> trail.add("own")));
    assertEquals(List.of(), trail.events());
    Closed.check(scope);
    assertEquals(List.of(), Closed.linkedChildren((ScopeImpl) root));
  }

  /** S2: so does one that is only closing, whoever asks. */
  @Test
  void everything_closing_isRefused() throws Exception {
    Scope scope = root.child("scope");
    Scope below = scope.child("below");
    Stubborn stubborn = Stubborn.in(below);
    SideThread closer = SideThread.startParked(scope::close);
    for (Scope closing : List.of(scope, below)) {
      assertTrue(closing.isClosing());
      assertFalse(closing.isClosed());
      assertThrows(GateClosedException.class, () -> closing.spawn(Work.READ, token -> {}));
      assertThrows(GateClosedException.class, () -> closing.child("late"));
      assertThrows(GateClosedException.class, closing::enter);
      assertThrows(GateClosedException.class, () -> closing.onDrain("late", () -> {}));
      closing.onClosed("in time", () -> {});
    }
    stubborn.release();
    closer.join();
  }

  // ---- spawning

  /** S2, S4: a thread factory that throws leaves nothing behind, and whoever has seen the task in a list is woken. */
  @Test
  void spawn_noThread_leavesNothing() throws Exception {
    RejectedExecutionException thrown = new RejectedExecutionException("closed pool");
    AtomicReference<@Nullable SideThread> joiner = new AtomicReference<>();
    TaskKind kind = kindOn(work -> {
      joiner.set(SideThread.startParked(root::join));
      throw thrown;
    });
    Trail trail = new Trail();
    assertSame(
        thrown, assertThrows(RejectedExecutionException.class, () -> root.spawn(kind, token -> trail.add("ran"))));
    SideThread parked = joiner.get();
    if (parked == null) {
      throw new AssertionError("the factory was not asked");
    }
    parked.join();
    assertEquals(List.of(), root.tasks());
    assertEquals(List.of(), root.gate().holders());
    assertEquals(List.of(), trail.events());
  }

  /** A kind on a pool whose factory is the given one; all else is that of the shared pool. */
  private static TaskKind kindOn(ThreadFactory factory) {
    CarrierPool pool = (CarrierPool) Proxy.newProxyInstance(
        ScopeTest.class.getClassLoader(),
        new Class<?>[] {CarrierPool.class},
        (proxy, method, arguments) -> {
          if (method.isDefault()) {
            return InvocationHandler.invokeDefault(proxy, method, arguments);
          }
          return method.getName().equals("factory") ? factory : method.invoke(CarrierPool.shared(), arguments);
        });
    return new TaskKind() {
      @Override
      public String name() {
        return "FAILING";
      }

      @Override
      public CarrierPool pool() {
        return pool;
      }
    };
  }

  /** P1 and S5: the thread carries the name of the kind. */
  @Test
  void spawn_thread_isNamedAfterTheKind() throws Exception {
    Task<String> task = root.fork(Work.READ, token -> Thread.currentThread().getName());
    task.join();
    assertEquals("READ", task.result());
  }

  // ---- joining

  /** S4: join waits for the tasks of the subtree, those spawned meanwhile too, and cancels nobody. */
  @Test
  void join_tasksBelow_waits() throws Exception {
    Scope child = root.child("child");
    Stubborn first = Stubborn.in(child);
    Stubborn second = new Stubborn();
    SideThread joiner = SideThread.startParked(root::join);
    child.spawn(Work.READ, second);
    second.awaitInside();
    first.release();
    Blocked.until(joiner.thread());
    assertTrue(joiner.isAlive());
    second.release();
    joiner.join();
    assertFalse(root.token().isCancelled());
    assertFalse(root.isClosing());
  }

  /** S9: a task of the subtree that joins it would wait for itself. */
  @Test
  void join_fromInside_isRefused() throws Exception {
    Scope other = Scope.root("other");
    Task<Integer> task = root.child("child").fork(token -> {
      assertThrows(IllegalStateException.class, root::join);
      other.run(visit -> assertThrows(IllegalStateException.class, root::join));
      return 1;
    });
    task.join();
    assertEquals(1, task.result());
    other.close();
  }

  /** S6: a visitor is no task: it may fork into the scope that it visits, and join. */
  @Test
  void join_visitor_waitsForTheTasks() throws Exception {
    assertEquals(3, root.<Integer>call(token -> {
      Task<Integer> one = root.fork(forked -> 1);
      Task<Integer> two = root.fork(forked -> 2);
      root.join();
      return one.result() + two.result();
    }));
  }

  /** T1: join is a wait like any other: an interrupt or the caller's own cancel ends it. */
  @Test
  void join_interruptedOrCancelled_throws() throws Exception {
    Stubborn stubborn = Stubborn.in(root);
    SideThread joiner = SideThread.startParked(() -> assertThrows(InterruptedException.class, root::join));
    joiner.thread().interrupt();
    joiner.join();
    Scope other = Scope.root("other");
    Task<?> joining = other.spawn(Work.READ, token -> root.join());
    other.close();
    assertEquals(Task.State.CANCELLED, joining.state());
    stubborn.release();
  }

  // ---- looking

  /** S5: tasks() lists what runs in the subtree, oldest first; what has ended is not in it. */
  @Test
  void tasks_ofTheSubtree_oldestFirst() throws Exception {
    Scope child = root.child("child");
    Stubborn first = Stubborn.in(child);
    Stubborn second = Stubborn.in(root);
    root.run(visit -> {
      List<Task<?>> tasks = root.tasks();
      assertEquals(List.of(child, root), tasks.stream().map(Task::scope).toList());
      assertEquals(tasks.subList(0, 1), child.tasks());
      first.release();
      tasks.getFirst().join();
      assertEquals(tasks.subList(1, 2), root.tasks());
      assertThrows(UnsupportedOperationException.class, tasks::removeFirst);
    });
    second.release();
  }

  /** S5: the snapshot is a readable tree. */
  @Test
  void snapshot_prints_asTree() throws Exception {
    Scope tenant = root.newChild("tenant").with(TENANT, "t1").open();
    Stubborn stubborn = Stubborn.in(tenant);
    tenant.child("timeline");
    ScopeSnapshot snapshot = root.snapshot();
    assertEquals("open", snapshot.state());
    ScopeSnapshot below = snapshot.children().getFirst();
    assertEquals(Map.of("tenant_id", "t1"), below.attributes());
    Task<?> task = tenant.tasks().getFirst();
    assertEquals(task.name(), below.holders().getFirst().name());
    assertEquals(
        "root  open\n"
            + "  tenant  open  tenant_id=t1\n"
            + "    - " + task.name() + " [READ], inside for T, parked on …\n"
            + "    timeline  open  tenant_id=t1\n",
        mask(snapshot.toString()));
    stubborn.release();
  }

  private static String mask(String text) {
    return text.replaceAll("inside for [^,]+,", "inside for T,").replaceAll("parked on .*", "parked on …");
  }

  /** S5: listing blocks nobody and sees no ended task, while tasks come and go. */
  @Test
  void tasks_whileTasksComeAndGo_isConsistent() throws Exception {
    CountDownLatch stop = new CountDownLatch(1);
    List<SideThread> spawners = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      spawners.add(SideThread.start(() -> {
        while (stop.getCount() > 0) {
          root.spawn(Work.READ, token -> {}).join();
        }
      }));
    }
    for (int i = 0; i < 2_000; i++) {
      List<Task<?>> tasks = root.tasks();
      assertTrue(tasks.size() <= 4, () -> "more than run: " + tasks);
    }
    stop.countDown();
    for (SideThread spawner : spawners) {
      spawner.join();
    }
    assertTrue(root.fork(token -> 1).join(Duration.ofDays(1)));
  }
}
