// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * I5 of {@link Mailbox}: why a sender that is cancelled looks whether its item was taken meanwhile.
 *
 * <p>The twin only leaves the line and says that it has not sent: its caller sends the item again, and it is there
 * twice.
 */
final class MailboxGiveUpRaceTest {
  /** A mailbox whose senders wait, each with its item. */
  private abstract static class Miniature {
    final ArrayDeque<Turn> senders = new ArrayDeque<>();
    final List<String> items = new ArrayList<>();

    /** Says whether the item is still the sender's. */
    abstract boolean giveUp(Turn turn);

    final Turn standInLine(String item) {
      Turn turn = new Turn(item);
      senders.add(turn);
      return turn;
    }

    final synchronized void admitFirst() {
      Turn first = senders.remove();
      items.add(first.item);
      first.granted = true;
    }
  }

  private static final class Turn {
    final String item;
    boolean granted;

    Turn(String item) {
      this.item = item;
    }
  }

  private static final class Looks extends Miniature {
    @Override
    synchronized boolean giveUp(Turn turn) {
      senders.remove(turn);
      return !turn.granted;
    }
  }

  private static final class OnlyLeaves extends Miniature {
    @Override
    synchronized boolean giveUp(Turn turn) {
      senders.remove(turn);
      return true;
    }
  }

  /**
   * The sender's wait has ended by a cancel; there is room; then it gives up, and its caller sends again what it has.
   */
  private static List<String> cancelThenRoomThenGiveUp(Miniature mailbox) {
    Turn cancelled = mailbox.standInLine("a");
    mailbox.admitFirst();
    if (mailbox.giveUp(cancelled)) {
      mailbox.items.add(cancelled.item);
    }
    return mailbox.items;
  }

  @Test
  void giveUp_takenMeanwhile_hasSent() {
    assertEquals(List.of("a"), cancelThenRoomThenGiveUp(new Looks()));
  }

  /** The broken twin: the item is there twice. */
  @Test
  void giveUpBroken_takenMeanwhile_sendsTwice() {
    assertEquals(List.of("a", "a"), cancelThenRoomThenGiveUp(new OnlyLeaves()));
  }
}
