// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** S1, S2, S4, S8: closes of all forms, all over a tree, at once with those who spawn, visit and open children. */
class CloseStormTest {
  private static final int ROUNDS = 300;
  /** How many come in at most before the root is closed. */
  private static final int ENOUGH = 150;

  /** After the storm all is closed, each close step ran once and children's first, and nothing outlived its scope. */
  @Test
  void close_allFormsAllOverTheTree_keepsThePromises() throws Exception {
    for (long seed = 0; seed < ROUNDS; seed++) {
      try {
        new Storm(new Random(seed)).run();
      } catch (Throwable thrown) {
        throw new AssertionError("seed " + seed + ": " + thrown.getMessage(), thrown);
      }
    }
  }

  /** A scope, and what it has seen of its own close. */
  private static final class Node {
    final Scope scope;
    final List<Node> below = Collections.synchronizedList(new ArrayList<>());
    final AtomicInteger drains = new AtomicInteger();
    final AtomicInteger closes = new AtomicInteger();
    final AtomicInteger inside = new AtomicInteger();
    /** What its steps found wrong. */
    final Queue<String> wrongs;

    Node(Scope scope, Queue<String> wrongs) {
      this.scope = scope;
      this.wrongs = wrongs;
      scope.onDrain("drain", () -> {
        expect(drains.incrementAndGet() == 1, "drained twice");
        expect(closes.get() == 0, "drained after its close steps");
      });
      scope.onClosed("close", () -> {
        expect(closes.incrementAndGet() == 1, "released twice");
        expect(inside.get() == 0, "released with somebody inside");
        expect(scope.token().isCancelled(), "released before its cancel");
        for (Node child : List.copyOf(below)) {
          expect(child.scope.isClosed() && child.closes.get() == 1, "released before " + child.scope);
        }
      });
    }

    void expect(boolean holds, String wrong) {
      if (!holds) {
        wrongs.add(scope.path() + ": " + wrong);
      }
    }

    void work(CancellationToken token) throws InterruptedException {
      inside.incrementAndGet();
      try {
        token.awaitCancelled();
      } finally {
        inside.decrementAndGet();
      }
    }
  }

  private static final class Storm {
    private final Random random;
    private final Queue<String> wrongs = new ConcurrentLinkedQueue<>();
    private final Queue<Task<?>> tasks = new ConcurrentLinkedQueue<>();
    private final Node root = new Node(Scope.root("root"), wrongs);
    private final List<Node> nodes = new ArrayList<>(List.of(root));
    /** How often somebody came in; whoever is refused counts as many. */
    private final AtomicInteger came = new AtomicInteger();

    Storm(Random random) {
      this.random = random;
      for (int i = 0; i < 6; i++) {
        Node parent = any();
        Node child = new Node(parent.scope.child("n" + i), wrongs);
        parent.below.add(child);
        nodes.add(child);
      }
    }

    void run() throws Exception {
      List<CloseStep> bodies = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        bodies.add(untilRefused(coming()));
        bodies.add(untilRefused(closing()));
      }
      int enough = random.nextInt(ENOUGH);
      bodies.add(() -> {
        SideThread.until(() -> came.get() >= enough);
        root.scope.close();
      });
      Race.once(bodies);
      check();
    }

    /** One that comes again and again until it is refused: with tasks, as a visitor, with children. */
    private CloseStep coming() {
      Node node = any();
      CloseStep once = switch (random.nextInt(3)) {
        case 0 -> () -> tasks.add(node.scope.spawn(Work.READ, node::work));
        case 1 -> () -> node.scope.run(token -> {
          node.inside.incrementAndGet();
          node.inside.decrementAndGet();
        });
        default -> () -> child(node);
      };
      return () -> {
        while (true) {
          once.run();
          came.incrementAndGet();
          LockSupport.parkNanos(1_000); // a thread that never parks would keep its carrier from the others
        }
      };
    }

    /** Opens a child whose callback must have run before its close steps do. */
    private static void child(Node node) {
      Scope child = node.scope.child("late");
      CountDownLatch told = new CountDownLatch(1);
      child.token().onCancel(told::countDown);
      child.onClosed("told", () -> node.expect(told.getCount() == 0, "a callback was dropped"));
    }

    private CloseStep closing() {
      Scope scope = any().scope;
      return switch (random.nextInt(6)) {
        case 0 -> scope::close;
        case 1 -> () -> scope.closeGracefully(Duration.ZERO);
        case 2 -> () -> scope.closeGracefully(Duration.ofMillis(2));
        case 3 -> () -> scope.close(Duration.ZERO);
        case 4 -> () -> scope.gate().beginClose();
        default -> () -> tasks.add(scope.spawn(Work.WRITE, token ->
            assertThrows(IllegalStateException.class, () -> root.scope.closeGracefully(Duration.ofMillis(2)))));
      };
    }

    private CloseStep untilRefused(CloseStep body) {
      return () -> {
        try {
          body.run();
        } catch (GateClosedException refused) {
          came.addAndGet(ENOUGH);
          assertTrue(nodes.stream().anyMatch(node -> node.scope.isClosing()));
        }
      };
    }

    private Node any() {
      return nodes.get(random.nextInt(nodes.size()));
    }

    private void check() {
      tasks.forEach(task -> assertEquals(Task.State.SUCCEEDED, task.state(), task::toString));
      assertEquals(List.of(), List.copyOf(wrongs));
      for (Node node : nodes) {
        Closed.check(node.scope);
        assertEquals(1, node.closes.get(), () -> "close steps of " + node.scope);
        assertEquals(0, node.inside.get(), () -> "inside of " + node.scope);
      }
    }
  }
}
