// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** S1, S2, S4, S5, S6, S7: random trees of scopes against a plain model. */
final class ScopeTreePropertyTest {
  private static final int STEPS = 300;

  /** S1, S2, S4, S5: after each close nothing of the subtree runs, every handle has ended, and nobody is inside. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void randomTree_behavesAsTheModel(long seed) {
    int step = 0;
    try (Logs logs = Logs.of(Scope.class)) {
      Model model = new Model(new Random(seed));
      while (step < STEPS) {
        model.step();
        step++;
      }
      model.closeAll();
      assertFalse(logs.events().isEmpty());
    } catch (Throwable thrown) {
      throw new AssertionError("seed " + seed + ", step " + step + ": " + thrown.getMessage(), thrown);
    }
  }

  /** A task and how it must end; {@code stubborn} if it waits to be released. */
  private record Run(Task<String> task, Task.State end, @Nullable Stubborn stubborn) {}

  /** What is known of a scope. */
  private static final class Node {
    final Scope scope;
    final @Nullable Node parent;
    final boolean cancelsOnFailure;
    final List<Node> children = new ArrayList<>();
    final List<Run> runs = new ArrayList<>();
    final List<SideThread> visitors = new ArrayList<>();
    /** Bodies inside, counted by themselves. */
    final AtomicInteger inside = new AtomicInteger();
    boolean cancelled;
    boolean closed;

    Node(@Nullable Node parent, Scope scope, boolean cancelsOnFailure) {
      this.parent = parent;
      this.scope = scope;
      this.cancelsOnFailure = cancelsOnFailure;
      this.cancelled = parent != null && parent.cancelled;
    }

    List<Node> subtree() {
      List<Node> all = new ArrayList<>(List.of(this));
      for (int i = 0; i < all.size(); i++) {
        all.addAll(all.get(i).children);
      }
      return all;
    }

    String sleep(CancellationToken token) throws InterruptedException {
      inside.incrementAndGet();
      try {
        token.sleep(Duration.ofDays(1));
        return "slept";
      } finally {
        inside.decrementAndGet();
      }
    }
  }

  private static final class Model {
    private final Random random;
    private final List<Node> nodes = new ArrayList<>();
    private final Node root = new Node(null, Scope.root("root"), false);
    private final AtomicInteger refusedButStarted = new AtomicInteger();

    Model(Random random) {
      this.random = random;
      nodes.add(root);
    }

    void step() throws Exception {
      Node node = nodes.get(random.nextInt(nodes.size()));
      if (node.closed) {
        refuses(node);
        return;
      }
      switch (random.nextInt(16)) {
        case 0, 1, 2, 3 -> child(node);
        case 4, 5, 6 -> sleeper(node);
        case 7, 8 -> stubborn(node);
        case 9 -> quick(node);
        case 10 -> failing(node);
        case 11, 12 -> visit(node);
        case 13 -> release(node);
        case 14 -> cancel(node);
        default -> {
          if (node != root) {
            close(node);
          }
        }
      }
      check(node);
    }

    private void child(Node node) {
      boolean cancels = random.nextInt(4) == 0;
      FailurePolicy policy = cancels ? FailurePolicy.CANCEL_SCOPE : FailurePolicy.ISOLATE;
      Node child = new Node(node, node.scope.newChild("n" + nodes.size()).onFailure(policy).open(), cancels);
      node.children.add(child);
      nodes.add(child);
    }

    private void sleeper(Node node) throws InterruptedException {
      Task<String> task = node.scope.fork(Work.READ, node::sleep);
      node.runs.add(new Run(task, Task.State.CANCELLED, null));
      if (node.cancelled) {
        task.join();
      }
    }

    private void stubborn(Node node) throws InterruptedException {
      Stubborn body = new Stubborn();
      node.runs.add(new Run(node.scope.fork(Work.WRITE, body), Task.State.SUCCEEDED, body));
      body.awaitInside();
    }

    private void quick(Node node) throws InterruptedException {
      Task<String> task = node.scope.fork(Work.READ, token -> "done");
      node.runs.add(new Run(task, Task.State.SUCCEEDED, null));
      task.join();
    }

    private void failing(Node node) throws InterruptedException {
      Task<String> task = node.scope.fork(Work.READ, token -> {
        throw new IOException("disk");
      });
      node.runs.add(new Run(task, Task.State.FAILED, null));
      task.join();
      if (node.cancelsOnFailure) {
        cancelled(node);
      }
    }

    private void visit(Node node) throws InterruptedException {
      AtomicInteger begun = new AtomicInteger();
      node.visitors.add(SideThread.start(() -> assertThrows(CancelledException.class, () -> node.scope.run(token -> {
        begun.incrementAndGet();
        node.sleep(token);
      }))));
      SideThread.until(() -> begun.get() == 1);
      if (node.cancelled) {
        node.visitors.getLast().join();
      }
    }

    private void release(Node node) throws InterruptedException {
      for (Run run : node.runs) {
        if (run.stubborn() != null) {
          run.stubborn().release();
          run.task().join();
        }
      }
    }

    private void cancel(Node node) throws InterruptedException {
      assertEquals(!node.cancelled, node.scope.cancel("by the test"));
      cancelled(node);
    }

    /** Writes down a cancel, and waits for those that listen. */
    private static void cancelled(Node node) throws InterruptedException {
      for (Node each : node.subtree()) {
        each.cancelled = true;
        for (SideThread visitor : each.visitors) {
          visitor.join();
        }
        for (Run run : each.runs) {
          if (run.stubborn() == null) {
            run.task().join();
          }
        }
      }
    }

    /** Closes a scope, and one below it or itself, side by side, while its stubborn tasks are let go. */
    private void close(Node node) throws InterruptedException {
      List<Node> subtree = node.subtree();
      Scope below = subtree.get(random.nextInt(subtree.size())).scope;
      int form = random.nextInt(3);
      List<SideThread> closers = List.of(SideThread.start(below::close), SideThread.start(() -> {
        switch (form) {
          case 0 -> node.scope.closeGracefully(Duration.ZERO);
          case 1 -> node.scope.gate().close(Duration.ZERO);
          default -> { } // the hard form alone
        }
        node.scope.close();
        assertTrue(node.scope.isClosed());
        assertEquals(List.of(), node.scope.tasks());
        node.scope.parent().ifPresent(parent -> assertFalse(parent.children().contains(node.scope)));
      }));
      SideThread.until(node.scope::isClosing);
      List<Stubborn> holding = new ArrayList<>();
      subtree.forEach(each -> each.runs.stream()
          .filter(run -> run.stubborn() != null && run.task().state() == Task.State.RUNNING)
          .forEach(run -> holding.add(Objects.requireNonNull(run.stubborn()))));
      Collections.shuffle(holding, random);
      for (Stubborn stubborn : holding) {
        assertFalse(node.scope.isClosed());
        stubborn.release();
      }
      for (SideThread closer : closers) {
        closer.join();
      }
      awaitForgotten(node);
      for (Node each : subtree) {
        each.closed = true;
        each.cancelled = true;
        checkClosed(each);
      }
    }

    /** The last one out takes the closed gate out of the parent's list, and may do so after close has returned. */
    private static void awaitForgotten(Node node) {
      Node parent = node.parent;
      if (parent != null) {
        GateImpl gate = ((ScopeImpl) node.scope).gate();
        SideThread.until(() -> !((ScopeImpl) parent.scope).gate().ownMembers().contains(gate));
      }
    }

    private static void checkClosed(Node node) throws InterruptedException {
      Closed.check(node.scope);
      assertEquals(0, node.inside.get(), () -> "bodies run in " + node.scope);
      for (Run run : node.runs) {
        assertEquals(run.end(), run.task().state(), () -> run.task().toString());
      }
      for (SideThread visitor : node.visitors) {
        visitor.join();
      }
    }

    private void refuses(Node node) {
      Scope scope = node.scope;
      assertThrows(GateClosedException.class, () -> scope.child("late"));
      assertThrows(GateClosedException.class, () -> scope.fork(token -> refusedButStarted.incrementAndGet()));
      assertThrows(GateClosedException.class, () -> scope.run(token -> refusedButStarted.incrementAndGet()));
      scope.close();
      assertEquals(0, refusedButStarted.get());
    }

    /** Compares all ancestors of a node, which a step at it must not have closed, and their listings. */
    private static void check(Node node) {
      for (Node each = node; each != null; each = each.parent) {
        assertEquals(each.closed, each.scope.isClosed());
        assertEquals(each.closed, each.scope.isClosing());
        assertEquals(each.cancelled, each.scope.token().isCancelled(), each.scope.path());
        assertEquals(running(each), new HashSet<>(each.scope.tasks()));
        assertEquals(
            each.children.stream().filter(child -> !child.closed).map(child -> child.scope).toList(),
            each.scope.children());
      }
    }

    private static Set<Task<?>> running(Node node) {
      Set<Task<?>> running = new HashSet<>();
      for (Node each : node.subtree()) {
        for (Run run : each.runs) {
          if (run.task().state() == Task.State.RUNNING) {
            running.add(run.task());
          }
        }
      }
      return running;
    }

    void closeAll() throws InterruptedException {
      close(root);
      for (Node node : nodes) {
        assertTrue(node.closed);
        checkClosed(node);
      }
    }
  }
}
