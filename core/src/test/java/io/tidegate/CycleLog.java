// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

/** What was logged of cycles of waits, and what {@link WaitingTask}s tell of them. */
final class CycleLog implements AutoCloseable {
  private static final String BEGINNING = "a wait-for cycle: ";

  private final Logs logs = Logs.of(Scope.class);

  List<String> cycles() {
    String logged = "WARN " + BEGINNING;
    return logs.messages().stream()
        .filter(message -> message.startsWith(logged))
        .map(message -> message.substring("WARN ".length()))
        .toList();
  }

  /** The wait of this one was refused, as the first of a cycle, and nobody else's. */
  void assertOneVictim(WaitingTask victim, WaitingTask... others) throws InterruptedException {
    assertVictim(victim.outcome(), victim.name());
    assertAllReturned(others);
    assertEquals(List.of(victim.outcome()), cycles());
  }

  void assertNoCycle(WaitingTask... waiters) throws InterruptedException {
    assertAllReturned(waiters);
    assertEquals(List.of(), cycles());
  }

  static void assertVictim(String outcome, String name) {
    assertTrue(outcome.startsWith(BEGINNING), outcome);
    assertTrue(outcome.contains(name) && outcome.endsWith(" cannot wait for that here"), outcome);
  }

  static void assertAllReturned(WaitingTask... waiters) throws InterruptedException {
    for (WaitingTask waiter : waiters) {
      assertEquals(WaitingTask.RETURNED, waiter.outcome(), waiter::toString);
    }
  }

  @Override
  public void close() {
    logs.close();
  }
}
