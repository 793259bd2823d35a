// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * S8, I7 of {@link GateImpl}: why who leaves a closing gate is written down before it is taken for gone.
 *
 * <p>The twin goes first: the last one leaves in between, and the report of the close lacks one for whom it has waited.
 */
final class DepartureRaceTest {
  /** A closing gate with two inside; {@code window} is run where another thread could get a turn. */
  private abstract static class Miniature {
    private int inside = 2;
    private final List<String> departures = new ArrayList<>();
    /** What the close has reported, once nobody is left. */
    List<String> report = List.of("not closed");

    abstract void leave(String name, Runnable window);

    final void write(String name) {
      departures.add(name);
    }

    final void go() {
      inside--;
      if (inside == 0) {
        report = List.copyOf(departures);
      }
    }
  }

  private static final class WritesFirst extends Miniature {
    @Override
    void leave(String name, Runnable window) {
      write(name);
      window.run();
      go();
    }
  }

  private static final class GoesFirst extends Miniature {
    @Override
    void leave(String name, Runnable window) {
      go();
      window.run();
      write(name);
    }
  }

  private static List<String> reportOf(Miniature gate) {
    gate.leave("first", () -> gate.leave("second", () -> {}));
    return gate.report;
  }

  @Test
  void leave_anotherLeavesInTheWindow_reportHasBoth() {
    assertEquals(List.of("first", "second"), reportOf(new WritesFirst()));
  }

  /** The broken twin: neither is in the report, though the close has waited for both. */
  @Test
  void leaveBroken_anotherLeavesInTheWindow_reportLacksThem() {
    assertEquals(List.of(), reportOf(new GoesFirst()));
  }

  /** All orders that a simulation finds in which three leave a scope and the close reports. */
  @Test
  @Tag("with-flag")
  void close_threeLeave_reportHasThemAllInEverySchedule() {
    Simulation.explore(2_000, () -> {
      Scope tenant = Scope.root("tenant");
      for (int i = 0; i < 3; i++) {
        tenant.spawn(PlainKind.TASK, CancellationToken::awaitCancelled);
      }
      CloseReport report = tenant.close(Duration.ofMinutes(1));
      assertEquals(3, report.waitedForCount());
      assertEquals(3, report.waitedFor().size());
    });
  }

  /** Whoever looks at a close finds each of those who leave: inside, or among those who left; in places they leave without lock. */
  @Test
  @Tag("with-flag")
  void report_whileTwoLeaveTheirPlaces_missesNobody() {
    Simulation.explore(3_000, () -> {
      Scope server = Scope.root("server");
      GateImpl gate = GateImpl.root("gate");
      MemberSlotRaceTest.crowd(gate, MemberSlots.CROWD);
      Gate.Guard first = gate.enter("first");
      Gate.Guard second = gate.enter("second");
      gate.beginClose();
      Task<?> leaving = server.spawn(PlainKind.TASK, token -> first.close());
      Task<?> looking = server.spawn(PlainKind.TASK, token -> {
        List<Member> inside = gate.ownMembers();
        List<CloseReport.Departure> left = gate.report().waitedFor();
        assertTrue(inside.contains((Member) first) || left.stream().anyMatch(one -> one.name().equals("first")));
      });
      second.close();
      Joined.all(List.of(leaving, looking));
      assertEquals(2, gate.report().waitedForCount());
      server.close();
    });
  }
}
