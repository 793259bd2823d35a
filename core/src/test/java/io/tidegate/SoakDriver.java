// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** A thread outside of all scopes, which does one thing after the other to one scope or another. */
final class SoakDriver implements Runnable {
  private final SoakSeason season;
  private final Random random;

  SoakDriver(SoakSeason season, Random random) {
    this.season = season;
    this.random = random;
  }

  @Override
  public void run() {
    while (!season.isOver()) {
      try {
        act(season.any(random));
      } catch (GateClosedException refused) {
        season.totals.refused.increment();
      } catch (Throwable thrown) {
        season.violated("a driver got " + thrown, thrown);
      }
      season.totals.operations.increment();
      LockSupport.parkNanos(1_000); // a thread that never parks would keep its carrier from the others
    }
  }

  private void act(SoakNode node) throws Exception {
    switch (random.nextInt(34)) {
      case 0, 1, 2, 3, 4, 5, 6, 7 -> open(node);
      case 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 -> node.start(random);
      case 20, 21 -> node.scope.run(visit -> node.inside(() -> visit.child().isCancelled()));
      case 22, 23, 24 -> node.listen(random, false);
      case 25 -> node.withdraw();
      case 26 -> node.addDrainStep(random.nextInt(4) == 0);
      case 27, 28 -> node.addCloseStep(random.nextInt(4) == 0);
      case 29 -> look(node);
      case 30 -> node.scope.gate().run("driver", () -> node.inside(() -> {}));
      case 31 -> childGate(node);
      default -> end(node);
    }
  }

  private void open(SoakNode node) {
    if (season.live.size() < SoakSeason.MOST_SCOPES) {
      node.open(random);
    }
  }

  private void look(SoakNode node) {
    node.expect(node.scope.snapshot().toString().startsWith(node.scope.path()), "a snapshot of something else");
    for (Task<?> task : node.scope.tasks()) {
      node.expect(task.startedAt() != null, "a task that never started");
    }
  }

  /** A gate below the scope's, closed here, or left to the scope's close. */
  private void childGate(SoakNode node) {
    Gate gate = node.scope.gate().child("gate");
    gate.tryEnter("driver").ifPresent(Gate.Guard::close);
    if (random.nextBoolean()) {
      gate.close();
      node.expect(gate.isClosed() && gate.holders().isEmpty(), "a gate has closed, and somebody is inside");
    }
  }

  /** Retires a kind, cancels or closes, in one form or another; the root only at the end of the season. */
  private void end(SoakNode node) throws InterruptedException {
    if (node.parent == null) {
      return;
    }
    switch (random.nextInt(11)) {
      case 0 -> node.scope.cancel("by a driver");
      case 1 -> node.scope.gate().beginClose();
      case 2 -> node.scope.gate().close(limit());
      case 3 -> node.scope.close(limit());
      case 4, 5 -> node.scope.closeGracefully(limit());
      case 6 -> closeInterrupted(node);
      case 7 -> retire(node);
      default -> close(node);
    }
    if (node.scope.isClosed()) {
      node.checkSubtree();
    }
  }

  private void retire(SoakNode node) {
    TaskKind kind = season.kind(random);
    node.scope.retire(kind);
    // One that is being refused is listed for a moment, and never has a thread.
    node.expect(node.scope.tasks().stream().noneMatch(task -> runs(task, kind)), "runs what is retired");
  }

  private static boolean runs(Task<?> task, TaskKind kind) {
    return task.kind().equals(kind) && task.threadId().isPresent();
  }

  private Duration limit() {
    return Duration.ofNanos(random.nextInt(3_000_000));
  }

  private static void close(SoakNode node) {
    node.scope.close();
    node.expect(node.scope.isClosed(), "close returned before the end");
  }

  private static void closeInterrupted(SoakNode node) {
    Thread.currentThread().interrupt();
    close(node);
    node.expect(Thread.interrupted(), "close lost an interrupt");
  }
}
