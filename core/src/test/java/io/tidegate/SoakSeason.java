// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;

/** The life of one root: drivers do what they want to its tree, it is closed meanwhile, and nothing may be left. */
final class SoakSeason {
  /** How many scopes are open at most, apart from those that tasks open. */
  static final int MOST_SCOPES = 120;

  private static final int DRIVERS = 6;
  private static final int OPERATIONS = 10_000;

  final SoakTotals totals;
  final SoakNodes live = new SoakNodes();
  /** Guards that were left to this season's releaser. */
  final BlockingQueue<Gate.Guard> guards = new LinkedBlockingQueue<>();

  private final Random random;
  /** What was found wrong. */
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final List<CarrierPool> named = List.of(CarrierPool.named("soak-two", 2), CarrierPool.named("soak-one", 1));
  private final List<SoakKind> kinds = new ArrayList<>();
  private final SoakNode root;
  private volatile boolean over;

  SoakSeason(long seed, SoakTotals totals) {
    this.random = new Random(seed);
    this.totals = totals;
    this.root = new SoakNode(this, null, Scope.root("root"));
    List<CarrierPool> pools = new ArrayList<>(named);
    pools.add(CarrierPool.shared());
    for (CarrierPool pool : pools) {
      kinds.add(new SoakKind("plain", pool, Optional.empty()));
      kinds.add(new SoakKind("isolated", pool, Optional.of(FailurePolicy.ISOLATE)));
      kinds.add(new SoakKind("ancestor", pool, Optional.of(FailurePolicy.cancelAncestor("n"))));
    }
    live.add(root);
  }

  /** A kind of tasks. */
  private record SoakKind(String name, CarrierPool pool, Optional<FailurePolicy> failurePolicy) implements TaskKind {}

  /** Runs to the end of the season, which the first violation brings about. */
  void run() throws InterruptedException {
    long threads = CarrierPool.shared().stats().live();
    long enough = totals.operations.sum() + OPERATIONS;
    Thread releaser = Thread.startVirtualThread(this::releaseGuards);
    List<Thread> drivers = new ArrayList<>();
    for (int i = 0; i < DRIVERS; i++) {
      ThreadFactory threadsOf = i % 2 == 0 ? Thread.ofPlatform().daemon().factory() : Thread.ofVirtual().factory();
      drivers.add(threadsOf.newThread(new SoakDriver(this, new Random(random.nextLong()))));
    }
    drivers.forEach(Thread::start);
    SideThread.until(() -> totals.operations.sum() >= enough || !violations.isEmpty());
    if (violations.isEmpty()) {
      closeRoot();
      over = true;
      for (Thread driver : drivers) {
        driver.join();
      }
      releaser.interrupt();
      releaser.join();
      checkNothingIsLeft(threads);
      totals.seasons.incrementAndGet();
    }
  }

  private void closeRoot() {
    if (random.nextBoolean()) {
      root.scope.closeGracefully(Duration.ofMillis(random.nextInt(20)));
    }
    root.scope.close();
    root.checkSubtree();
  }

  private void releaseGuards() {
    try {
      while (true) {
        Gate.Guard guard = guards.take();
        guard.close();
        guard.close();
      }
    } catch (InterruptedException e) {
      // The season is over: all guards were released before the root had closed.
      root.expect(guards.isEmpty(), "closed with guards that are held");
    }
  }

  private void checkNothingIsLeft(long threads) {
    root.checkSubtree();
    live.all().forEach(SoakNode::checkSubtree);
    Attachments attachments = ((ScopeImpl) root.scope).token().attachments();
    synchronized (attachments) {
      root.expect(attachments.isIdle() && !attachments.linked, "something is attached to its token");
    }
    for (CarrierPool pool : named) {
      pool.close();
      root.expect(pool.stats().live() == 0, () -> pool + " has threads");
    }
    SideThread.until(() -> CarrierPool.shared().stats().live() <= threads);
  }

  boolean isOver() {
    return over || !violations.isEmpty();
  }

  SoakNode any(Random driver) {
    return live.any(driver).orElse(root);
  }

  TaskKind kind(Random driver) {
    return kinds.get(driver.nextInt(kinds.size()));
  }

  /** A policy of a scope; one that cancels the whole tree would leave little to do. */
  static FailurePolicy policy(Random driver) {
    return switch (driver.nextInt(200)) {
      case 0 -> FailurePolicy.CANCEL_ROOT;
      case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 -> FailurePolicy.CANCEL_SCOPE;
      default -> FailurePolicy.ISOLATE;
    };
  }

  void violated(String what) {
    violated(what, new AssertionError("seen"));
  }

  void violated(String what, Throwable thrown) {
    StringWriter stack = new StringWriter();
    thrown.printStackTrace(new PrintWriter(stack));
    violations.add(what + "\n" + stack);
  }

  Queue<String> violations() {
    return violations;
  }

  /** The tree as it looks now. */
  String tree() {
    return root.scope.snapshot().toString();
  }
}
