// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.io.Serial;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The body of a task, which does one thing at random.
 *
 * <p>So that no wait closes a circle, a body waits, other than in waits that its cancel ends, only for closes of scopes
 * below its own, and never while it visits.
 */
final class SoakWork implements TaskBody<String> {
  private static final Duration DAY = Duration.ofDays(1);

  private final SoakNode node;
  private final Random random;
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicInteger ended = new AtomicInteger();
  private volatile boolean refused;
  /** Null until its start has returned, and if it was refused. */
  private volatile @Nullable Task<?> task;

  SoakWork(SoakNode node, Random random) {
    this.node = node;
    this.random = random;
  }

  /** A failure as servers have them. */
  static final class Failure extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    Failure() {
      super("says the soak", null, false, false);
    }
  }

  void start(TaskKind kind, boolean fork) {
    try {
      task = fork ? node.scope.fork(kind, this) : node.scope.spawn(kind, this::call);
    } catch (GateClosedException closed) {
      refused = true;
      node.expect(begun.get() == 0, "a task was refused, and ran");
      throw closed;
    }
  }

  @Override
  public String call(CancellationToken token) {
    node.expect(begun.incrementAndGet() == 1 && !refused, "a task ran twice, or though it was refused");
    try {
      node.inside(() -> act(token));
    } finally {
      ended.incrementAndGet();
    }
    return "done";
  }

  /** The scope is closed: the task has run to its end, and its handle says so. */
  void check() {
    Task.State state = Objects.requireNonNull(task).state();
    node.expect(state != Task.State.RUNNING, () -> task + " has not ended");
    node.expect(begun.get() == 1 && ended.get() == 1, () -> task + " has not run to its end");
  }

  private void act(CancellationToken token) throws Exception {
    switch (random.nextInt(50)) {
      case 0, 1, 2, 3, 4 -> token.awaitCancelled();
      case 5, 6, 7 -> token.sleep(Duration.ofNanos(random.nextInt(1_000_000)));
      case 8, 9 -> throw new Failure();
      case 10, 11, 12, 13 -> token.interruptibly(SoakWork::sleep);
      case 14, 15, 16 -> LockSupport.parkNanos(random.nextInt(2_000_000));
      case 17, 18, 19 -> visitAnother();
      case 20, 21, 22, 23 -> node.start(random);
      case 24, 25 -> openAndClose();
      case 26, 27 -> holdGuard();
      case 28, 29, 30 -> listen();
      case 31, 32, 33 -> awaitDeadline(token);
      case 34, 35, 36 -> joinAnother();
      case 37 -> closeOwn();
      case 38 -> cancelOwn();
      default -> { } // ends at once
    }
  }

  private static String sleep() throws InterruptedException {
    Thread.sleep(DAY);
    return "slept";
  }

  private void visitAnother() throws Exception {
    SoakNode other = node.season.any(random);
    other.scope.run(visit -> other.inside(() -> visit.sleep(Duration.ofNanos(random.nextInt(500_000)))));
  }

  private void openAndClose() throws InterruptedException {
    SoakNode child = node.open(random);
    child.addCloseStep(random.nextBoolean());
    child.start(random);
    if (random.nextInt(4) == 0) {
      child.scope.join();
    }
    child.scope.close();
    child.checkSubtree();
  }

  /** Leaves a guard to somebody else to release. */
  private void holdGuard() {
    Gate.Guard guard = node.scope.gate().enter("work");
    guard.note("handed over");
    node.season.guards.add(guard);
    node.season.guards.add(guard.another("its double"));
  }

  private void listen() {
    node.listen(random, true);
    if (random.nextBoolean()) {
      node.withdraw();
    }
  }

  private void awaitDeadline(CancellationToken token) throws InterruptedException {
    CancellationToken timed = token.withTimeout(Duration.ofNanos(random.nextInt(1_000_000)));
    CancellationToken other = node.season.any(random).scope.token();
    CancellationToken any = random.nextBoolean() ? timed : CancellationToken.anyOf(other, timed);
    any.awaitCancelled();
    node.expect(any.isCancelled(), "a wait returned that nothing has ended");
  }

  private void closeOwn() {
    if (node.parent == null) {
      return;
    }
    try {
      if (random.nextBoolean()) {
        node.scope.close();
      } else {
        node.scope.closeGracefully(Duration.ofMillis(2));
      }
      node.expect(false, "a close from inside returned");
    } catch (IllegalStateException fromInside) {
      node.expect(node.scope.isClosing(), "a close from inside began nothing");
    }
  }

  private void cancelOwn() {
    if (node.parent != null) {
      node.scope.cancel("by a task");
      node.expect(node.scope.token().isCancelled(), "cancelled and not cancelled");
    }
  }

  private void joinAnother() throws InterruptedException {
    for (Task<?> other : node.season.any(random).scope.tasks()) {
      if (other != task && other.scope() != node.scope) {
        other.join();
        node.expect(other.state() != Task.State.RUNNING, "joined a task that runs");
        return;
      }
    }
  }
}
