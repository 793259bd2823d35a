// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs the tests of {@link Forgetful}. */
class LeakCheckTest {
  @AfterEach
  void closeWhatIsLeft() throws Exception {
    for (AutoCloseable left : Forgetful.LEFT.reversed()) {
      left.close();
    }
    Forgetful.LEFT.clear();
  }

  // ---- what is a leak

  @Test
  void scopeLeftOpen_isNamedWithItsTreeAndOrigin() {
    String failure = only(failuresOf(Forgetful.OpenScope.class));
    assertContains(failure, "OpenScope.test() has left behind:\nnot closed: server  open");
    assertContains(failure, "\n  tenant  open\n    - visit of ");
    assertContains(failure, "\nopened at ");
    assertContains(failure, "Forgetful$OpenScope.test(Forgetful.java:");
  }

  @Test
  void scopeOfAFieldLeftOpen_isNamed() {
    assertContains(only(failuresOf(Forgetful.OpenField.class)), "not closed: of a field  open");
  }

  @Test
  void gateLeftOpen_isNamedWithItsGuards() {
    String failure = only(failuresOf(Forgetful.OpenGate.class));
    assertContains(failure, "not closed: files  open\n  layer  open\n    - compaction, inside for ");
  }

  @Test
  void somebodyLeftInsideOfWhatWasThere_isNamed() {
    Map<String, String> failures = failuresOf(Forgetful.InsideOfOld.class);
    assertContains(failures.get("leavesATask()"), "left inside:\n- task READ-");
    assertContains(failures.get("leavesAGuard()"), "left inside:\n- guard \"reader\" of gate files\nin files  open\n");
    assertContains(failures.get("leavesAGate()"), "left inside:\n- gate files/layer (open)\nin files  open\n");
    assertContains(failures.get("leavesAScope()"), "left inside:\n- scope server/tenant (open)\nin server  open\n");
    assertEquals(4, failures.size(), failures::toString);
  }

  @Test
  void leftByAClass_isNamedAfterItsLastTest() {
    assertContains(only(failuresOf(Forgetful.OfTheClass.class)), "OfTheClass has left behind:\nnot closed: server  open");
  }

  @Test
  void poolsLeftOpen_areNamed() {
    String failure = only(failuresOf(Forgetful.OpenPool.class));
    assertContains(failure, "not closed: CarrierPool[leftopen ");
    assertContains(failure, "not closed: CarrierPool[blocking ");
    assertContains(failure, "Forgetful$OpenPool.test(Forgetful.java:");
  }

  @Test
  void threadsLeftInAPool_areCounted() {
    Map<String, String> failures = failuresOf(Forgetful.ThreadLeft.class);
    assertContains(
        failures.get("inAPoolOfTheProcess()"), "threads of a pool: 1 more than before run in CarrierPool[ofprocess ");
    assertContains(failures.get("inTheSharedPool()"), "threads of a pool: 1 more than before run in CarrierPool[shared ");
    assertEquals(2, failures.size(), failures::toString);
  }

  @Test
  void faultLeftArmed_isNamed() {
    assertContains(only(failuresOf(Forgetful.ArmedFault.class)), "\narmed: fault flush.before-fsync=pause (passed 0, ");
  }

  // ---- what is none

  @Test
  void allIsClosedAfterEach_isNoLeak() {
    assertEquals(Map.of(), runOf(Forgetful.Tidy.class, "PT60S"));
  }

  /** Simulations look for themselves, and end what fails. */
  @Test
  @Tag("with-flag")
  void openInASimulation_isNoLeak() {
    assertEquals(Map.of(), runOf(Forgetful.Simulated.class, "PT60S"));
  }

  // ---- beside a failure of the test itself

  @Test
  void testFails_leakIsSuppressedByIt() {
    Throwable failure = Objects.requireNonNull(runOf(Forgetful.Failing.class).get("test()"));
    assertEquals("the test's own", failure.getMessage());
    assertContains(failure.getSuppressed()[0].getMessage(), "not closed: server  open");
  }

  @Test
  void testTimesOut_treeAndFaultsArePrinted() {
    PrintStream before = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
    Map<String, Throwable> failures;
    try {
      failures = runOf(Forgetful.TimedOut.class);
    } finally {
      System.setErr(before);
    }
    String text = printed.toString(StandardCharsets.UTF_8);
    for (String test : List.of("sameThread()", "otherThread()")) {
      assertInstanceOf(TimeoutException.class, failures.get(test));
      String told = text.substring(text.indexOf("TimedOut." + test + " runs out of time in "));
      assertContains(told, "\nserver  open\n  tenant  open\n    - visit of ");
      assertContains(told, "parked on io.tidegate.testing.Fault");
      assertContains(told, "\nfault hung=pause (passed 1, struck 1, holds 1)");
    }
  }

  // ---- running them

  /** Runs tests that leave something behind for ever. */
  private static Map<String, Throwable> runOf(Class<?> type) {
    return runOf(type, "PT0.2S");
  }

  private static Map<String, Throwable> runOf(Class<?> type, String patience) {
    Map<String, Throwable> failures = new TreeMap<>();
    TestExecutionListener listener = new TestExecutionListener() {
      @Override
      public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        result.getThrowable().ifPresent(thrown -> failures.put(test.getDisplayName(), thrown));
      }
    };
    LauncherFactory.create().execute(
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(type))
            .configurationParameter(LeakCheck.PATIENCE, patience)
            .build(),
        listener);
    return failures;
  }

  private static Map<String, String> failuresOf(Class<?> type) {
    Map<String, String> messages = new TreeMap<>();
    runOf(type).forEach((test, thrown) -> messages.put(test, String.valueOf(thrown.getMessage())));
    return messages;
  }

  private static String only(Map<String, String> failures) {
    assertEquals(1, failures.size(), failures::toString);
    return failures.values().iterator().next();
  }

  private static void assertContains(@Nullable String text, String part) {
    assertTrue(text != null && text.contains(part), () -> "no \"" + part + "\" in:\n" + text);
  }
}
