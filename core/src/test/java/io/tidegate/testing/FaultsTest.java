// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.Blocked;
import io.tidegate.CancelledException;
import io.tidegate.ManualPool;
import io.tidegate.Scope;
import io.tidegate.SideThread;
import io.tidegate.Task;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class FaultsTest {
  private static final String POINT = "flush.before-fsync";

  // ---- failing

  @Test
  void point_nothingArmed_doesNothing() throws Exception {
    pass();
    passDeclared();
    assertEquals(List.of(), Faults.armed());
  }

  @Test
  void point_anotherIsArmed_doesNothing() throws Exception {
    try (Fault other = Faults.at("flush").fail()) {
      pass();
      passDeclared();
      assertEquals(0, other.passes());
    }
  }

  @Test
  void fail_withMessage_throwsWhatThePointDeclares() {
    try (Fault fault = Faults.at(POINT).fail("disk full")) {
      assertEquals("disk full", assertThrows(FaultException.class, FaultsTest::pass).getMessage());
      assertEquals("disk full", assertThrows(IOException.class, FaultsTest::passDeclared).getMessage());
      assertEquals(2, fault.strikes());
    }
  }

  @Test
  void fail_withoutMessage_namesThePoint() {
    try (Fault fault = Faults.at(POINT).fail()) {
      assertEquals("fault " + fault.point(), assertThrows(FaultException.class, FaultsTest::pass).getMessage());
    }
  }

  @Test
  void fail_withUnchecked_throwsItAtEachPoint() {
    IllegalArgumentException thrown = new IllegalArgumentException();
    try (Fault fault = Faults.at(POINT).fail(() -> thrown)) {
      assertSame(thrown, assertThrows(IllegalArgumentException.class, FaultsTest::pass));
      assertSame(thrown, assertThrows(IllegalArgumentException.class, FaultsTest::passDeclared));
      assertEquals(2, fault.strikes());
    }
  }

  @Test
  void fail_withError_throwsIt() {
    try (Fault fault = Faults.at(POINT).fail(OutOfMemoryError::new)) {
      assertThrows(OutOfMemoryError.class, FaultsTest::pass);
      assertEquals(1, fault.strikes());
    }
  }

  /** A subtype of the declared exception will do; where none is declared, none can come out unannounced. */
  @Test
  void fail_withChecked_throwsItOnlyWhereItIsDeclared() {
    FileNotFoundException thrown = new FileNotFoundException();
    try (Fault fault = Faults.at(POINT).fail(() -> thrown)) {
      assertSame(thrown, assertThrows(IOException.class, FaultsTest::passDeclared));
      IllegalStateException refused = assertThrows(IllegalStateException.class, FaultsTest::pass);
      assertSame(thrown, refused.getCause());
      assertTrue(String.valueOf(refused.getMessage()).contains(fault.point()), refused::toString);
    }
  }

  // ---- which passes

  @Test
  void onPass_strikesThatPassOnly() {
    try (Fault third = Faults.at(POINT).onPass(3).fail()) {
      pass();
      pass();
      assertEquals(0, third.strikes());
      assertThrows(FaultException.class, FaultsTest::pass);
      pass();
      assertEquals(4, third.passes());
      assertEquals(1, third.strikes());
    }
  }

  @Test
  void onPass_lessThanOne_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> Faults.at(POINT).onPass(0));
  }

  @Test
  void close_disarms() {
    Fault fault = Faults.at(POINT).fail();
    assertEquals(List.of(fault), Faults.armed());
    fault.close();
    fault.close();
    assertTrue(fault.isClosed());
    assertEquals(List.of(), Faults.armed());
    pass();
    assertEquals(0, fault.passes());
  }

  @Test
  void arm_again_disarmsTheOneBefore() throws Exception {
    Fault before = Faults.at(POINT).pause();
    SideThread paused = SideThread.startParked(FaultsTest::pass);
    try (Fault after = Faults.at(POINT).fail()) {
      paused.join();
      assertTrue(before.isClosed());
      before.close();
      assertEquals(List.of(after), Faults.armed());
    }
  }

  @Test
  void armed_several_areInTheOrderOfTheirNames() {
    try (Fault b = Faults.at("b").fail();
        Fault c = Faults.at("c").fail();
        Fault a = Faults.at("a").fail()) {
      assertEquals(List.of(a, b, c), Faults.armed());
      assertTrue(Faults.disarm("b"));
      assertFalse(Faults.disarm("b"));
      assertEquals(List.of(a, c), Faults.armed());
    }
  }

  // ---- holding

  @Test
  void pause_holdsUntilResume_andAgain() throws Exception {
    try (Fault pause = Faults.at(POINT).pause()) {
      for (int i = 1; i <= 2; i++) {
        SideThread passing = SideThread.start(FaultsTest::pass);
        pause.awaitReached();
        assertEquals(1, pause.held());
        assertEquals(i, pause.strikes());
        Blocked.until(passing.thread());
        pause.resume();
        passing.join();
        assertEquals(0, pause.held());
      }
    }
  }

  @Test
  void pause_closed_letsGo() throws Exception {
    Fault pause = Faults.at(POINT).pause();
    SideThread passing = SideThread.startParked(FaultsTest::pass);
    pause.close();
    passing.join();
  }

  @Test
  void pause_taskIsCancelled_endsWithIt() throws Exception {
    try (Scope scope = Scope.root("timeline");
        Fault pause = Faults.at(POINT).pause()) {
      Task<?> paused = scope.spawn(new ManualPool(), token -> pass());
      pause.awaitReached();
      scope.cancel("enough");
      paused.join();
      assertEquals(Task.State.CANCELLED, paused.state());
      assertInstanceOf(CancelledException.class, paused.exception().orElseThrow());
      assertEquals(0, pause.held());
    }
  }

  @Test
  void pause_interrupted_passesWithTheStatusSet() throws Exception {
    AtomicReference<Boolean> status = new AtomicReference<>();
    try (Fault pause = Faults.at(POINT).pause()) {
      SideThread passing = SideThread.start(() -> {
        pass();
        status.set(Thread.currentThread().isInterrupted());
      });
      pause.awaitReached();
      passing.thread().interrupt();
      passing.join();
      assertEquals(true, status.get());
    }
  }

  /** By the clock of the task's pool, which stands still until it is told. */
  @Test
  void delay_lastsUntilTheClockOfThePoolSaysSo() throws Exception {
    ManualPool pool = new ManualPool();
    try (Scope scope = Scope.root("timeline");
        Fault delay = Faults.at(POINT).delay(Duration.ofDays(1))) {
      Task<?> delayed = scope.spawn(pool, token -> pass());
      delay.awaitReached();
      pool.clock().awaitSleepers(1);
      pool.clock().advance(Duration.ofDays(1).minusNanos(1));
      assertEquals(Task.State.RUNNING, delayed.state());
      pool.clock().advance(Duration.ofNanos(1));
      delayed.join();
      assertEquals(Task.State.SUCCEEDED, delayed.state());
    }
  }

  @Test
  void awaitReached_disarmedBefore_fails() throws Exception {
    Fault fault = Faults.at(POINT).pause();
    SideThread waiting = SideThread.startParked(() -> assertThrows(IllegalStateException.class, fault::awaitReached));
    fault.close();
    waiting.join();
  }

  // ---- in text

  @ParameterizedTest
  @CsvSource({
    "p=fail, p=fail(fault p)",
    "p=fail(disk (full)), p=fail(disk (full))",
    "p=fail()@2, p=fail()@2",
    "p=delay(250ms), p=delay(250ms)",
    "p=delay(2s)@1, p=delay(2000ms)@1",
    "p=delay(1min), p=delay(60000ms)",
    "p=pause@7, p=pause@7"
  })
  void arm_text_isWhatItSays(String text, String same) {
    try (Fault fault = Faults.arm(text).orElseThrow()) {
      assertEquals("fault " + same + " (passed 0, struck 0, holds 0)", fault.toString());
      assertEquals(List.of(fault), Faults.armed());
    }
  }

  @Test
  void arm_textOff_disarms() {
    Fault fault = Faults.arm("p=pause").orElseThrow();
    assertTrue(Faults.arm("p=off").isEmpty());
    assertTrue(fault.isClosed());
    assertEquals(List.of(), Faults.armed());
    assertTrue(Faults.arm("p=off").isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "p", "=fail", "p=", "p q=fail", "p=explode", "p=delay", "p=delay(1)", "p=delay(1h)",
      "p=pause(1s)", "p=off(now)", "p=pause@", "p=pause@0", "p=fail@x", "p=pause ", "a;b=fail"})
  void arm_wrongText_isRefused(String text) {
    try (Fault before = Faults.at("p").pause()) {
      IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> Faults.arm(text));
      assertTrue(String.valueOf(refused.getMessage()).length() > 20, refused::toString);
      assertEquals(List.of(before), Faults.armed());
    }
  }

  @Test
  void armConfigured_armsAllOrNothing() {
    assertNull(System.getProperty(Faults.PROPERTY));
    assertEquals(List.of(), Faults.armConfigured());
    try {
      System.setProperty(Faults.PROPERTY, "a=pause; b=fail(no; ) ;");
      assertThrows(IllegalArgumentException.class, Faults::armConfigured);
      assertEquals(List.of(), Faults.armed());
      System.setProperty(Faults.PROPERTY, "a=pause; b=fail(no) ;");
      assertEquals(List.of("a", "b"), Faults.armConfigured().stream().map(Fault::point).toList());
    } finally {
      System.clearProperty(Faults.PROPERTY);
      Faults.armed().forEach(Fault::close);
    }
  }

  private static void pass() {
    Faults.point(POINT);
  }

  private static void passDeclared() throws IOException {
    Faults.point(POINT, IOException::new);
  }
}
