// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.PreInterruptCallback;
import org.junit.jupiter.api.extension.PreInterruptContext;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;

/**
 * A JUnit extension by which a test fails that leaves something behind: a scope or a gate that is not closed, a task, a guard
 * or a visit in one that was there before, a pool that is not closed, a thread of one that was, or an armed {@link Fault}.
 *
 * {@snippet class="io.tidegate.testing.LeakCheckSnippetsTest" region="leak"}
 *
 * <p>It compares what lives after a test, and after what is to be done after each, with what lived before the test's instance
 * was made; and after the last test of the class, if none of these failed so, with what lived before the first. The failure names each leak: a tree that
 * was not closed is printed with who is inside and what that one's thread does, and with where it was opened. What ends by
 * itself within a {@link #PATIENCE time} is no leak: the check waits that long.
 *
 * <p>What a class initializer opens, as that of an enum of kinds does with its pools, belongs to the process and need not be
 * closed; but nobody may be left in it.
 *
 * <p>When a time-out of JUnit ends a test, the trees as they look then are printed on {@code System.err}, before the test's
 * thread is interrupted.
 *
 * <p>Needs {@code junit-jupiter-api}, 5.12 or newer, which this library does not bring along.
 *
 * <p><b>Not promised:</b> whose leak it is, if other tests run at the same time in the process: for those it is not made. And
 * what was opened before the first class with this extension began, or in a {@link Simulation}, which looks for itself, and
 * pools that are not the library's, it does not see.
 */
@SuppressWarnings("exports") // who uses this has JUnit; who does not need not: the module does not pass it on
public final class LeakCheck
    implements BeforeAllCallback, TestInstancePreConstructCallback, BeforeEachCallback, AfterEachCallback,
        AfterAllCallback, PreInterruptCallback {
  /**
   * The JUnit configuration parameter that says how long what a test has left may take to end, as {@link Duration#parse}
   * reads it; by default {@code PT5S}.
   */
  public static final String PATIENCE = "io.tidegate.leaks.patience";

  private static final Namespace NAMESPACE = Namespace.create(LeakCheck.class);
  private static final Duration USUAL_PATIENCE = Duration.ofSeconds(5);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(2);

  /** The census before a class, in its store. */
  private static final String BEFORE_CLASS = "before class";

  /** The census before a test, in its store. */
  private static final String BEFORE_TEST = "before test";

  /** Set in the store of a class of which a test has left something. */
  private static final String HAS_LEAKED = "has leaked";

  /** Makes the extension, for JUnit. */
  public LeakCheck() {}

  @Override
  public void beforeAll(ExtensionContext context) {
    LeakLedger.keep();
    context.getStore(NAMESPACE).put(BEFORE_CLASS, LeakCensus.take());
  }

  /** So that what the fields of the test's instance open is the test's own. */
  @Override
  public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext rootContext) {
    return ExtensionContextScope.TEST_METHOD;
  }

  @Override
  public void preConstructTestInstance(TestInstanceFactoryContext factory, ExtensionContext context) {
    beforeTest(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    beforeTest(context);
  }

  private static void beforeTest(ExtensionContext context) {
    Store store = context.getStore(NAMESPACE);
    if (context.getTestMethod().isPresent() && store.get(BEFORE_TEST) == null) {
      store.put(BEFORE_TEST, LeakCensus.take());
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    try {
      check(context, BEFORE_TEST);
    } catch (AssertionError leaked) {
      for (Optional<ExtensionContext> at = context.getParent(); at.isPresent(); at = at.get().getParent()) {
        at.get().getStore(NAMESPACE).put(HAS_LEAKED, true);
      }
      throw leaked;
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    Store store = context.getStore(NAMESPACE);
    try {
      if (store.get(HAS_LEAKED) == null) {
        check(context, BEFORE_CLASS);
      }
    } finally {
      LeakLedger.leave();
    }
  }

  private static void check(ExtensionContext context, String key) {
    LeakCensus before = Objects.requireNonNull(context.getStore(NAMESPACE).get(key, LeakCensus.class), key);
    long patienceNanos = context.getConfigurationParameter(PATIENCE, Duration::parse).orElse(USUAL_PATIENCE).toNanos();
    long startNanos = System.nanoTime();
    List<Supplier<String>> leaks = LeakCensus.take().since(before);
    while (!leaks.isEmpty() && System.nanoTime() - startNanos < patienceNanos) {
      LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
      leaks = LeakCensus.take().since(before);
    }
    if (!leaks.isEmpty()) {
      List<String> words = leaks.stream().map(Supplier::get).sorted().toList();
      throw new AssertionError(name(context) + " has left behind:\n" + String.join("\n", words));
    }
  }

  @Override
  public void beforeThreadInterrupt(PreInterruptContext interrupt, ExtensionContext context) {
    System.err.println(name(context) + " runs out of time in " + interrupt.getThreadToInterrupt() + ". What lives:\n"
        + LeakCensus.take());
  }

  private static String name(ExtensionContext context) {
    String type = context.getRequiredTestClass().getSimpleName();
    return context.getTestMethod().isPresent() ? type + "." + context.getDisplayName() : type;
  }
}
