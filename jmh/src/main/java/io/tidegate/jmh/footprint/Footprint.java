// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.footprint;

import io.tidegate.CancellationToken;
import io.tidegate.Gate;
import io.tidegate.Scope;
import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.jmh.Idle;
import java.io.PrintStream;
import java.lang.ref.Reference;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import javax.management.JMException;
import org.openjdk.jol.info.ClassLayout;

/**
 * Prints the live bytes of one parked task, token, child token, listener, guard and idle scope, by class: makes many of
 * each and compares the heap before and after. The stacks of threads are left out, as a bare thread has one, too.
 */
public final class Footprint {
  private static final int MANY = 20_000;

  /** The classes of one thing that are shown by name. */
  private static final int SHOWN = 16;

  private final CarrierPool pool = CarrierPool.named("heap");
  private final TaskKind kind = new Parked(pool);
  private final Scope server = Scope.root("server");
  private final PrintStream out = System.out;

  private record Parked(String name, CarrierPool pool) implements TaskKind {
    Parked(CarrierPool pool) {
      this("PARKED", pool);
    }
  }

  private Footprint() {}

  /**
   * Runs.
   *
   * @param args ignored
   */
  public static void main(String[] args) throws JMException {
    new Footprint().run();
    System.exit(0); // bare threads stay parked
  }

  private void run() throws JMException {
    CancellationToken parent = CancellationToken.create();
    Gate gate = Gate.create("gate");
    double bare = show("bare parked virtual thread", i -> startBare());
    double task = show("parked task", i -> server.spawn(kind, token -> token.awaitCancelled()));
    out.printf(Locale.ROOT, "%-28s %6.1f bytes%n", "task beyond a bare thread", task - bare);
    show("token", i -> CancellationToken.create());
    show("child token", i -> parent.child());
    show("listener", i -> parent.onCancel(() -> {}));
    show("guard", i -> gate.enter("reader"));
    show("idle scope", i -> server.child("idle"));
  }

  private Thread startBare() {
    Thread thread = pool.factory().newThread(() -> {
      while (!Thread.currentThread().isInterrupted()) {
        LockSupport.park();
      }
    });
    thread.start();
    return thread;
  }

  private double show(String what, IntFunction<?> make) throws JMException {
    Map<String, Long> more = made(make);
    double each = more.values().stream().mapToLong(Long::longValue).sum() / (double) MANY;
    out.printf(Locale.ROOT, "%-28s %6.1f bytes: %s%n", what, each, largest(more));
    out.printf(Locale.ROOT, "%-28s %4d bytes by JOL, itself alone%n", "", size(make.apply(MANY)));
    return each;
  }

  private static long size(Object one) {
    return ClassLayout.parseInstance(one).instanceSize();
  }

  private Map<String, Long> made(IntFunction<?> make) throws JMException {
    Object[] kept = new Object[MANY + 1];
    kept[MANY] = make.apply(MANY); // loads its classes
    Idle.await(pool);
    Histogram before = Histogram.now();
    try {
      for (int i = 0; i < MANY; i++) {
        kept[i] = make.apply(i);
      }
      Idle.await(pool);
      return Histogram.now().since(before);
    } finally {
      Reference.reachabilityFence(kept);
    }
  }

  private static String largest(Map<String, Long> more) {
    return more.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .limit(SHOWN)
        .filter(grown -> grown.getValue() >= MANY)
        .map(grown -> String.format(Locale.ROOT, "%s %.0f", grown.getKey(), grown.getValue() / (double) MANY))
        .collect(Collectors.joining(", "));
  }
}
