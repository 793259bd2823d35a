// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import io.tidegate.CancelReason;
import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.FailurePolicy;
import io.tidegate.Gate;
import io.tidegate.GateClosedException;
import io.tidegate.Registration;
import io.tidegate.Scope;
import io.tidegate.ScopeFailedException;
import io.tidegate.Task;
import io.tidegate.TaskKind;
import io.tidegate.Visit;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.sync.Limiter;
import io.tidegate.sync.Mailbox;
import io.tidegate.sync.Once;
import io.tidegate.sync.SeqWait;
import io.tidegate.sync.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** The guarantees of the core, each as a body whose every schedule must keep it. Threads of a run need no atomics. */
enum Guarantee implements Simulation.Body {
  /** No body, finally or callback runs after the close. */
  S1 {
    @Override
    public void run() {
      AtomicInteger running = new AtomicInteger();
      Scope scope = Scope.root("scope");
      Scope below = scope.child("below");
      below.token().onCancel(() -> inside(running, () -> Simulation.step("in the callback")));
      scope.spawn(Kind.WORK, token -> inside(running, token::awaitCancelled));
      below.spawn(Kind.WORK, token -> inside(running, () -> token.sleep(Duration.ofSeconds(1))));
      scope.close();
      require(running.get() == 0, "something runs after the close");
      require(scope.tasks().isEmpty() && below.isClosed(), "something is left after the close");
    }
  },
  /** A spawn beside a close: it ran and was waited for, or it was refused. */
  S2 {
    @Override
    public void run() throws Exception {
      Scope scope = Scope.root("scope");
      AtomicInteger ran = new AtomicInteger();
      AtomicInteger started = new AtomicInteger();
      beside(
          () -> {
            for (int i = 0; i < 2; i++) {
              try {
                scope.child("child").spawn(Kind.WORK, token -> {
                  require(!scope.isClosed(), "a task began after the close");
                  ran.incrementAndGet();
                });
                started.incrementAndGet();
              } catch (GateClosedException refused) {
                require(scope.isClosing(), "an open scope refused");
              }
            }
          },
          () -> {
            scope.close();
            require(ran.get() >= started.get(), "the close did not wait for a task");
          });
      require(ran.get() == started.get(), "a refused task ran");
    }
  },
  /** A retired kind is refused, or has ended when the retirement has. */
  S5 {
    @Override
    public void run() throws Exception {
      Scope scope = Scope.root("scope");
      AtomicInteger running = new AtomicInteger();
      beside(
          () -> {
            try {
              scope.child("child").spawn(Kind.RETIRED, token -> inside(running, token::awaitCancelled));
            } catch (GateClosedException refused) {
              Simulation.step("is refused");
            }
          },
          () -> {
            scope.retire(Kind.RETIRED);
            require(running.get() == 0, "a task of a retired kind runs");
          });
      require(running.get() == 0, "a task of a retired kind runs");
      scope.close();
    }
  },
  /** A visit holds the scope, and is cancelled with it. */
  S6 {
    @Override
    public void run() throws Exception {
      Scope visited = Scope.root("visited");
      AtomicInteger inside = new AtomicInteger();
      beside(
          () -> {
            try (Visit visit = visited.enter()) {
              inside(inside, () -> visit.token().awaitCancelled());
            } catch (GateClosedException | CancelledException ended) {
              Simulation.step("has left");
            }
          },
          () -> {
            visited.close();
            require(inside.get() == 0, "a visitor is inside after the close");
          });
    }
  },
  /** The first failure cancels the others, and is what join throws. */
  S7 {
    @Override
    public void run() throws Exception {
      Scope root = Scope.root("root");
      Scope fanOut = root.fanOut("fan out");
      Task<?> other = fanOut.fork(Kind.WORK, token -> {
        token.awaitCancelled();
        return "";
      });
      fanOut.fork(Kind.WORK, token -> {
        throw new IllegalStateException("first");
      });
      try {
        fanOut.join();
        throw new AssertionError("join did not throw");
      } catch (ScopeFailedException failed) {
        require(failed.getCause() instanceof IllegalStateException, "join threw for another reason");
      }
      require(other.state() != Task.State.RUNNING, "a task runs after the join");
      require(fanOut.token().isCancelled() && !root.token().isCancelled(), "the wrong scope is cancelled");
      Scope child = root.newChild("child").open();
      child.newTask(Kind.WORK).onFailure(FailurePolicy.CANCEL_SCOPE).spawn(token -> {
        throw new IllegalStateException("fails");
      }).join();
      require(child.token().isCancelled(), "who joined does not find the policy done");
      root.close();
    }
  },
  /** Drain steps in order, close steps in the reverse one, whoever closes beside. */
  S8 {
    @Override
    public void run() throws Exception {
      Scope scope = Scope.root("scope");
      List<String> steps = new ArrayList<>();
      scope.onDrain("first", () -> steps.add("drain 1"));
      scope.onDrain("second", () -> steps.add("drain 2"));
      scope.onClosed("first", () -> steps.add("close 1"));
      scope.onClosed("second", () -> steps.add("close 2"));
      AtomicInteger running = new AtomicInteger();
      scope.spawn(Kind.WORK, token -> inside(running, () -> token.sleep(Duration.ofSeconds(1))));
      beside(
          () -> require(scope.closeGracefully(Duration.ofMinutes(1)).closed(), "not closed in time"),
          () -> require(scope.closeGracefully(Duration.ofMinutes(1)).closed(), "not closed in time"));
      require(steps.equals(List.of("drain 1", "drain 2", "close 2", "close 1")), "the steps were " + steps);
      require(running.get() == 0, "something runs after the close");
    }
  },
  /** Two that close each other's scope: one is refused, and nobody hangs. */
  S9 {
    @Override
    public void run() throws Exception {
      Scope root = Scope.root("root");
      Scope one = root.child("one");
      Scope other = root.child("other");
      AtomicInteger refused = new AtomicInteger();
      CountDownLatch both = new CountDownLatch(2);
      Task<?> first = one.spawn(Kind.WORK, token -> closeOrCount(other, both, refused));
      Task<?> second = other.spawn(Kind.WORK, token -> closeOrCount(one, both, refused));
      first.join();
      second.join();
      root.close();
      require(refused.get() <= 1, "both were refused");
    }
  },
  /** From the instant closing began, enter fails for ever. */
  G1 {
    @Override
    public void run() throws Exception {
      Gate gate = Gate.create("gate");
      Gate below = gate.child("below");
      beside(
          () -> {
            boolean refused = false;
            for (int i = 0; i < 3; i++) {
              Optional<Gate.Guard> guard = below.tryEnter("holder");
              require(guard.isEmpty() || !refused, "let in after it had refused");
              refused = guard.isEmpty();
              guard.ifPresent(Gate.Guard::close);
            }
          },
          () -> {
            gate.close();
            require(below.tryEnter("late").isEmpty(), "let in after the close");
          });
    }
  },
  /** All closers return, when the last guard is released and not before. */
  G2 {
    @Override
    public void run() throws Exception {
      Gate gate = Gate.create("gate");
      AtomicInteger inside = new AtomicInteger();
      List<Gate.Guard> guards = List.of(gate.enter("one"), gate.child("below").enter("other"));
      guards.forEach(guard -> inside.incrementAndGet());
      Simulation.Body closer = () -> {
        gate.close();
        require(inside.get() == 0, "a close returned before the last guard was released");
      };
      beside(closer, closer, () -> release(guards.get(0), inside), () -> release(guards.get(1), inside));
    }
  },
  /** Closing a gate closes those below, and nothing else; a parent's close waits for them. */
  G3 {
    @Override
    public void run() throws Exception {
      Gate top = Gate.create("top");
      Gate left = top.child("left");
      Gate right = top.child("right");
      Gate.Guard held = right.enter("holder");
      AtomicInteger inside = new AtomicInteger(1);
      beside(
          () -> {
            left.close();
            require(left.isClosed(), "not closed");
          },
          () -> {
            top.close();
            require(inside.get() == 0 && left.isClosed() && right.isClosed(), "the tree is not closed");
          },
          () -> release(held, inside));
    }
  },
  /** Any thread releases, and twice is as good as once; another is waited for, or refused. */
  G4 {
    @Override
    public void run() throws Exception {
      Gate gate = Gate.create("gate");
      AtomicInteger inside = new AtomicInteger(1);
      Gate.Guard held = gate.enter("holder");
      beside(
          () -> {
            try {
              Gate.Guard another = held.another("another");
              inside.incrementAndGet();
              held.close();
              held.close();
              inside.decrementAndGet();
              release(another, inside);
            } catch (GateClosedException refused) {
              release(held, inside);
            }
          },
          () -> {
            gate.close();
            require(inside.get() == 0, "closed with somebody inside");
          });
    }
  },
  /** Who holds a gate and closes it is told at once. */
  G6 {
    @Override
    public void run() throws Exception {
      Gate gate = Gate.create("gate");
      beside(
          () -> {
            Optional<Gate.Guard> guard = gate.tryEnter("holder");
            if (guard.isPresent()) {
              try {
                gate.close();
                throw new AssertionError("closed from inside");
              } catch (IllegalStateException told) {
                guard.get().close();
              }
            }
          },
          gate::close);
    }
  },
  /** What a holder did is done when the close returns. */
  G7 {
    @Override
    public void run() throws Exception {
      Gate gate = Gate.create("gate");
      List<String> done = new ArrayList<>();
      List<String> entered = new ArrayList<>();
      beside(
          () -> gate.tryEnter("holder").ifPresent(guard -> {
            entered.add("holder");
            Simulation.step("works");
            done.add("holder");
            guard.close();
          }),
          () -> {
            gate.close();
            require(done.equals(entered), "the close did not wait for what a holder did");
          });
    }
  },
  /** Of racing cancels one returns true, and its reason stays. */
  T1 {
    @Override
    public void run() throws Exception {
      CancellationToken token = CancellationToken.create();
      CancellationToken child = token.child();
      List<String> winners = new ArrayList<>();
      beside(
          () -> cancelAs("one", token, winners),
          () -> cancelAs("other", token, winners),
          () -> child.awaitCancelled());
      require(winners.size() == 1, winners + " cancelled it");
      require(child.reason().orElseThrow().text().equals(winners.getFirst()), "the reason is another one's");
    }
  },
  /** When cancel returns, it has reached all descendants, whoever was first, and no waiter is left. */
  T2 {
    @Override
    public void run() throws Exception {
      Scope top = Scope.root("top");
      Scope below = top.child("below");
      CancellationToken deep = below.token().child();
      Simulation.Body canceller = () -> {
        top.cancel("by one of two");
        require(below.token().isCancelled() && deep.isCancelled(), "a descendant is not cancelled on return");
      };
      beside(
          canceller,
          canceller,
          () -> deep.awaitCancelled(),
          () -> require(!deep.awaitCancelled(Duration.ofNanos(1)) || deep.isCancelled(), "woken for nothing"));
      top.close();
    }
  },
  /** A token of several is cancelled with the first, by its reason. */
  T3 {
    @Override
    public void run() throws Exception {
      CancellationToken one = CancellationToken.create();
      CancellationToken other = CancellationToken.create();
      CancellationToken both = CancellationToken.anyOf(one.child(), other.child());
      beside(
          () -> one.cancel(CancelReason.of(CancelReason.Code.REQUESTED, "one")),
          () -> other.cancel(CancelReason.of(CancelReason.Code.REQUESTED, "other")),
          () -> {
            both.awaitCancelled();
            String first = both.reason().orElseThrow().text();
            Simulation.step("has asked");
            require(both.reason().orElseThrow().text().equals(first), "the reason changed");
          });
    }
  },
  /** A callback runs once, or was withdrawn, on a thread of its own; one that throws stops nothing. */
  T6 {
    @Override
    public void run() throws Exception {
      CancellationToken token = CancellationToken.create();
      AtomicInteger ran = new AtomicInteger();
      AtomicInteger prevented = new AtomicInteger();
      CountDownLatch told = new CountDownLatch(1);
      Thread canceller = Thread.startVirtualThread(() -> {
        Thread own = Thread.currentThread();
        token.child().onCancel(() -> require(Thread.currentThread() != own, "a callback ran on the canceller's thread"));
        token.cancel();
      });
      Registration registration = token.child().onCancel(ran::incrementAndGet);
      token.onCancel(() -> {
        throw new IllegalStateException("thrown by a callback");
      });
      token.onCancel(told::countDown);
      if (registration.close()) {
        prevented.incrementAndGet();
      }
      canceller.join();
      told.await();
      CancellationToken.none().sleep(Duration.ofSeconds(1)); // whatever was started has run
      require(ran.get() + prevented.get() == 1, "ran " + ran + " times, prevented " + prevented);
    }
  },
  /** A deadline cancels in time, the earlier one wins, and one that is not reached leaves nothing. */
  T7 {
    @Override
    public void run() throws Exception {
      CancellationToken parent = CancellationToken.create().withTimeout(Duration.ofSeconds(2));
      CancellationToken child = parent.withTimeout(Duration.ofSeconds(5));
      beside(
          () -> {
            child.awaitCancelled();
            require(child.reason().orElseThrow().text().contains("PT2S"), "the later deadline won");
          },
          () -> require(!parent.child().awaitCancelled(Duration.ofSeconds(1)), "cancelled too early"),
          () -> {
            CancellationToken unreached = CancellationToken.create().withTimeout(Duration.ofDays(1));
            require(unreached.onCancel(() -> {}).close(), "told of a deadline that has not come");
          });
      require(child.reason().orElseThrow().code() == CancelReason.Code.DEADLINE, "no deadline");
    }
  },
  /** A cancel interrupts inside the region only, and nothing comes after it. */
  T9 {
    @Override
    public void run() throws Exception {
      CancellationToken token = CancellationToken.create();
      CountDownLatch latch = new CountDownLatch(1);
      beside(
          () -> {
            try {
              token.interruptibly(() -> {
                latch.await();
                return "";
              });
            } catch (CancelledException cancelled) {
              Simulation.step("has left the region");
            }
            require(!Thread.currentThread().isInterrupted(), "an interrupt came after the region");
            Simulation.step("goes on");
            require(!Thread.currentThread().isInterrupted(), "an interrupt came after the region");
          },
          token::cancel,
          latch::countDown);
    }
  },
  /** Every wait on a cancelled token throws at once. */
  T10 {
    @Override
    public void run() throws Exception {
      CancellationToken token = CancellationToken.create();
      SeqWait never = SeqWait.startingAt("never", 0);
      beside(
          () -> {
            for (int i = 0; i < 2; i++) {
              try {
                never.await(1, token);
                throw new AssertionError("a wait for nothing returned");
              } catch (CancelledException cancelled) {
                require(cancelled.is(token), "cancelled by another one");
              }
            }
          },
          token::cancel);
      require(never.waiting() == 0, "a wait has left its place behind");
    }
  },
  /** All who wait for a number that is reached are woken; those who gave up have left. */
  SEQ_WAIT {
    @Override
    public void run() throws Exception {
      SeqWait sequence = SeqWait.startingAt("sequence", 0);
      CancellationToken token = CancellationToken.create();
      beside(
          () -> sequence.await(1, CancellationToken.none()),
          () -> sequence.await(2, CancellationToken.none()),
          () -> ignoreCancel(() -> sequence.await(2, token)),
          () -> sequence.advance(1),
          () -> sequence.advance(2),
          token::cancel);
      require(sequence.waiting() == 0 && sequence.current() == 2, "left at " + sequence);
    }
  },
  /** A reader sees the latest value, whatever came before, and the end. */
  WATCH {
    @Override
    public void run() throws Exception {
      Watch<Integer> watch = Watch.of(0);
      beside(
          () -> watch.await(value -> value == 2, CancellationToken.none()),
          () -> {
            Watch.Reader<Integer> reader = watch.subscribe();
            int last = -1;
            for (Optional<Integer> next = reader.next(CancellationToken.none()); next.isPresent();
                next = reader.next(CancellationToken.none())) {
              require(next.get() > last, "a value came again");
              last = next.get();
            }
            require(last == 2, "the last value was not seen");
          },
          () -> {
            watch.set(1);
            watch.update(value -> value + 1);
            watch.close();
          });
    }
  },
  /** No more work than there are permits, and none is lost, whoever gives up. */
  LIMITER {
    @Override
    public void run() throws Exception {
      Limiter limiter = Limiter.of("limiter", 1);
      CancellationToken token = CancellationToken.create();
      AtomicInteger working = new AtomicInteger();
      beside(
          () -> work(limiter, CancellationToken.none(), working),
          () -> ignoreCancel(() -> work(limiter, token, working)),
          () -> work(limiter, CancellationToken.none(), working),
          token::cancel);
      require(limiter.running() == 0 && limiter.waiting() == 0, "left are " + limiter);
      limiter.acquire(Duration.ZERO, CancellationToken.none()).orElseThrow().close();
    }
  },
  /** What is sent is received once, in order, or still there; a receiver that gives up takes nothing with it. */
  MAILBOX {
    @Override
    public void run() throws Exception {
      Mailbox<Integer> mailbox = Mailbox.of("mailbox", 1);
      CancellationToken token = CancellationToken.create();
      List<Integer> received = new ArrayList<>();
      beside(
          () -> {
            for (int i = 1; i <= 3; i++) {
              mailbox.send(i, CancellationToken.none());
            }
            mailbox.closeSending();
          },
          () -> ignoreCancel(() -> mailbox.receive(token).ifPresent(received::add)),
          () -> {
            for (Optional<Integer> next = mailbox.receive(CancellationToken.none()); next.isPresent();
                next = mailbox.receive(CancellationToken.none())) {
              received.add(next.get());
            }
          },
          token::cancel);
      require(received.stream().sorted().toList().equals(List.of(1, 2, 3)), "received " + received);
    }
  },
  /** One makes the value; where it fails, the next one does. */
  ONCE {
    @Override
    public void run() throws Exception {
      Once<String> once = Once.named("once");
      CancellationToken token = CancellationToken.create();
      AtomicInteger made = new AtomicInteger();
      beside(
          () -> require(get(once, CancellationToken.none(), made).equals("value"), "another value"),
          () -> ignoreCancel(() -> get(once, token, made)),
          token::cancel);
      require(made.get() == 1 && once.waiting() == 0, "made " + made + " times");
    }

    private String get(Once<String> once, CancellationToken token, AtomicInteger made) throws Exception {
      return once.get(own -> {
        own.throwIfCancelled();
        made.incrementAndGet();
        return "value";
      }, token);
    }
  };

  private enum Kind implements TaskKind {
    WORK,
    RETIRED;

    @Override
    public CarrierPool pool() {
      return CarrierPool.shared();
    }
  }

  /** Runs bodies in threads of their own, and waits for them; what they throw fails the run. */
  static void beside(Simulation.Body... bodies) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (Simulation.Body body : bodies) {
      threads.add(Thread.startVirtualThread(() -> runUnchecked(body)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private static void runUnchecked(Simulation.Body body) {
    try {
      body.run();
    } catch (Exception thrown) {
      throw new AssertionError("a thread failed", thrown);
    }
  }

  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  private static void inside(AtomicInteger count, Simulation.Body body) throws RuntimeException {
    count.incrementAndGet();
    try {
      body.run();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    } catch (RuntimeException thrown) {
      throw thrown;
    } catch (Exception thrown) {
      throw new AssertionError(thrown);
    } finally {
      Simulation.step("is about to be outside");
      count.decrementAndGet();
    }
  }

  private static void release(Gate.Guard guard, AtomicInteger inside) {
    inside.decrementAndGet();
    guard.close();
  }

  private static void closeOrCount(Scope scope, CountDownLatch both, AtomicInteger refused) throws InterruptedException {
    both.countDown();
    both.await();
    try {
      scope.close();
    } catch (IllegalStateException cycle) {
      refused.incrementAndGet();
    }
  }

  private static void cancelAs(String name, CancellationToken token, List<String> winners) {
    if (token.cancel(CancelReason.of(CancelReason.Code.REQUESTED, name))) {
      winners.add(name);
    }
  }

  private static void ignoreCancel(Simulation.Body body) throws Exception {
    try {
      body.run();
    } catch (CancelledException | ClosedException ended) {
      Simulation.step("has given up");
    }
  }

  private static void work(Limiter limiter, CancellationToken token, AtomicInteger working) throws InterruptedException {
    Limiter.Permit permit = limiter.acquire(token);
    require(working.incrementAndGet() == 1, "two have the only permit");
    Simulation.step("works");
    working.decrementAndGet();
    permit.close();
  }
}
