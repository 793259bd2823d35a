// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import io.tidegate.Gate;
import io.tidegate.Scope;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.internal.Opening;
import io.tidegate.internal.Openings;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What was opened since somebody began to keep it, and by which code. There is one for the process. */
final class LeakLedger {
  private static final Object LOCK = new Object();

  /** How many keep it; guarded by LOCK. */
  private static int keepers;

  private static final Map<Opening, Origin> OPENINGS = new ConcurrentHashMap<>();

  private LeakLedger() {}

  /** Has what is opened written down from now on, until as many calls of {@link #leave}. */
  static void keep() {
    synchronized (LOCK) {
      keepers++;
      Openings.observe(LeakLedger::write);
    }
  }

  private static void write(Opening opening) {
    if (!Simulation.isRunning()) {
      OPENINGS.put(opening, Origin.here());
    }
  }

  static void leave() {
    synchronized (LOCK) {
      keepers--;
      if (keepers == 0) {
        Openings.observe(null);
        OPENINGS.values().removeIf(origin -> !origin.forProcess()); // the others will not be asked for any more
      }
    }
  }

  /** Returns what is open of that which was written down. */
  static Map<Opening, Origin> open() {
    OPENINGS.keySet().removeIf(Opening::isClosed);
    return Map.copyOf(OPENINGS);
  }

  /**
   * Where something was opened.
   *
   * @param frames the top frames, those of the library and of JUnit left out
   * @param forProcess whether a class initializer did it, so that it belongs to the class, and lives as long
   */
  record Origin(List<StackTraceElement> frames, boolean forProcess) {
    private static final int FRAMES = 3;
    private static final List<Class<?>> LIBRARY =
        List.of(Scope.class, Scope.Builder.class, Gate.class, CarrierPool.class, CarrierPool.Builder.class,
            Openings.class, LeakLedger.class, Origin.class);
    private static final StackWalker WALKER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    static Origin here() {
      return WALKER.walk(Origin::of);
    }

    private static Origin of(Stream<StackWalker.StackFrame> stack) {
      Predicate<StackWalker.StackFrame> isLibrary = frame ->
          LIBRARY.stream().anyMatch(type -> type.isAssignableFrom(frame.getDeclaringClass()));
      List<StackWalker.StackFrame> frames = stack.dropWhile(isLibrary).toList();
      boolean initializes = frames.stream().anyMatch(frame -> frame.getMethodName().equals("<clinit>"));
      List<StackTraceElement> telling = frames.stream()
          .map(StackWalker.StackFrame::toStackTraceElement)
          .takeWhile(frame -> !frame.getClassName().startsWith("org.junit."))
          .limit(FRAMES)
          .toList();
      return new Origin(telling, initializes);
    }

    @Override
    public String toString() {
      return String.join(" < ", frames.stream().map(StackTraceElement::toString).toList());
    }
  }
}
