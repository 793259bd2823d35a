// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A scope, what was done to it, and what must be found once it is closed. */
final class SoakNode {
  final SoakSeason season;
  final Scope scope;
  final @Nullable SoakNode parent;
  private final Queue<SoakNode> children = new ConcurrentLinkedQueue<>();
  private final Queue<SoakWork> works = new ConcurrentLinkedQueue<>();
  private final Queue<SoakListener> listeners = new ConcurrentLinkedQueue<>();
  private final Queue<SoakListener> toWithdraw = new ConcurrentLinkedQueue<>();
  /** Bodies, callbacks and steps of this scope that run now. */
  private final AtomicInteger inside = new AtomicInteger();
  private final List<Integer> drained = new CopyOnWriteArrayList<>();
  private final List<Integer> released = new CopyOnWriteArrayList<>();
  private final AtomicBoolean checked = new AtomicBoolean();
  /** Steps that were added; guarded by the monitor, so that they are added in the order of their numbers. */
  private int drainSteps;

  private int closeSteps;

  SoakNode(SoakSeason season, @Nullable SoakNode parent, Scope scope) {
    this.season = season;
    this.parent = parent;
    this.scope = scope;
    season.totals.scopes.increment();
  }

  /** What user code of a scope is to do: it marks itself while it runs. */
  interface Body {
    void run() throws Exception;
  }

  // ---- what happens to it

  /** Opens a child of this. */
  SoakNode open(Random random) {
    boolean closing = scope.isClosing();
    boolean fansOut = random.nextInt(8) == 0;
    Scope opened = fansOut ? scope.fanOut("n") : scope.newChild("n").onFailure(SoakSeason.policy(random)).open();
    SoakNode child = new SoakNode(season, this, opened);
    expect(!closing || child.scope.isClosing(), "opened a child that is not closing with it");
    children.add(child);
    season.live.add(child);
    checkIfClosed();
    child.checkIfClosed();
    return child;
  }

  void start(Random random) {
    SoakWork work = new SoakWork(this, new Random(random.nextLong()));
    work.start(season.kind(random), random.nextBoolean());
    works.add(work);
    season.totals.tasks.increment();
    checkIfClosed();
  }

  void listen(Random random, boolean fromInside) {
    SoakListener listener = new SoakListener(this, random.nextBoolean(), fromInside);
    listeners.add(listener);
    toWithdraw.add(listener);
    season.totals.listeners.increment();
    checkIfClosed();
  }

  void withdraw() {
    SoakListener listener = toWithdraw.poll();
    if (listener != null) {
      listener.withdraw();
    }
  }

  synchronized void addDrainStep(boolean fails) {
    int number = drainSteps;
    scope.onDrain("drain " + number, () -> inside(() -> {
      expect(released.isEmpty(), "drained after its close steps");
      expect(drained.isEmpty() || drained.getLast() < number, "drained out of order");
      drained.add(number);
      fail(fails);
    }));
    drainSteps++;
  }

  synchronized void addCloseStep(boolean fails) {
    int number = closeSteps;
    scope.onClosed("close " + number, () -> {
      expect(inside.get() == 0, "released with somebody inside");
      inside(() -> {
        released.add(number);
        fail(fails);
      });
    });
    closeSteps++;
    season.totals.steps.increment();
  }

  private static void fail(boolean fails) throws SoakWork.Failure {
    if (fails) {
      throw new SoakWork.Failure();
    }
  }

  /** Runs code of this scope in the calling thread, which is in its gate. */
  void inside(Body body) {
    inside.incrementAndGet();
    try {
      expect(!scope.isClosed(), "something begins though it is closed");
      body.run();
    } catch (Exception e) {
      throw sneaky(e);
    } finally {
      LockSupport.parkNanos(1_000); // the end of a body is short, and is to be met by a close all the same
      expect(!scope.isClosed(), "something runs though it is closed");
      inside.decrementAndGet();
    }
  }

  @SuppressWarnings("unchecked") // all that it is for
  private static <X extends Exception> RuntimeException sneaky(Exception thrown) throws X {
    throw (X) thrown;
  }

  // ---- what must be found

  void expect(boolean holds, String wrong) {
    expect(holds, () -> wrong);
  }

  void expect(boolean holds, Supplier<String> wrong) {
    if (!holds) {
      season.violated(scope + ": " + wrong.get());
    }
  }

  void checkIfClosed() {
    if (scope.isClosed()) {
      check();
    }
  }

  /** Called after a close of this has returned, and was not given up. */
  void checkSubtree() {
    List<SoakNode> subtree = new ArrayList<>(List.of(this));
    for (int i = 0; i < subtree.size(); i++) {
      subtree.get(i).check();
      subtree.addAll(subtree.get(i).children);
    }
    if (parent != null) {
      parent.children.remove(this);
    }
  }

  private void check() {
    expect(scope.isClosed(), "not closed");
    expect(scope.isClosing(), "closed and not closing");
    expect(inside.get() == 0, () -> inside.get() + " bodies run though it is closed");
    expect(scope.token().isCancelled(), "closed and not cancelled");
    expect(scope.tasks().isEmpty(), () -> "has tasks: " + scope.tasks());
    expect(scope.children().isEmpty(), () -> "has children: " + scope.children());
    expect(((ScopeImpl) scope).gate().ownMembers().isEmpty(), () -> "has holders: " + scope.gate().holders());
    expect(parent == null || !parent.scope.children().contains(scope), "its parent still lists it");
    works.forEach(SoakWork::check);
    listeners.forEach(SoakListener::check);
    checkSteps();
    season.live.remove(this);
    if (checked.compareAndSet(false, true)) {
      season.totals.closes.increment();
    }
  }

  private synchronized void checkSteps() {
    List<Integer> lastFirst = IntStream.range(0, closeSteps).mapToObj(i -> closeSteps - 1 - i).toList();
    expect(released.equals(lastFirst), () -> closeSteps + " close steps ran as " + released);
  }
}
