// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.CloseStep;
import io.tidegate.ClosedException;
import io.tidegate.Race;
import io.tidegate.SideThread;
import io.tidegate.testing.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract of {@link Mailbox}; what it shares with other waits is in {@link GiveUpTest}. */
@ExtendWith(LeakCheck.class)
final class MailboxTest {
  private static final CancellationToken NONE = CancellationToken.none();

  private final Mailbox<String> mailbox = Mailbox.of("wal", 2);

  private SideThread startParked(CloseStep body) {
    int before = mailbox.waiting();
    SideThread side = SideThread.startParked(body);
    SideThread.until(() -> mailbox.waiting() == before + 1);
    return side;
  }

  @Test
  void receive_isInTheOrderOfSending() throws Exception {
    mailbox.send("a", NONE);
    assertTrue(mailbox.offer("b"));
    assertFalse(mailbox.offer("c"));
    assertFalse(mailbox.send("c", Duration.ZERO, NONE));
    assertEquals("mailbox wal (2 of 2)", mailbox.toString());
    assertEquals(Optional.of("a"), mailbox.receive(NONE));
    assertEquals(Optional.of("b"), mailbox.poll());
    assertEquals(Optional.empty(), mailbox.poll());
    assertEquals(Optional.empty(), mailbox.receive(Duration.ZERO, NONE));
  }

  /** Room goes to the sender that has waited longest, and nobody overtakes it. */
  @Test
  void send_full_waitsItsTurn() throws Exception {
    mailbox.send("a", NONE);
    mailbox.send("b", NONE);
    SideThread c = startParked(() -> mailbox.send("c", NONE));
    SideThread d = startParked(() -> mailbox.send("d", NONE));
    List<String> got = new ArrayList<>();
    got.add(mailbox.receive(NONE).orElseThrow());
    assertFalse(mailbox.offer("e"));
    c.join();
    for (int i = 0; i < 3; i++) {
      got.add(mailbox.receive(NONE).orElseThrow());
    }
    d.join();
    assertEquals(List.of("a", "b", "c", "d"), got);
  }

  /** An item goes to the receiver that has waited longest. */
  @Test
  void receive_empty_waitsItsTurn() throws Exception {
    SideThread first = startParked(() -> assertEquals(Optional.of("a"), mailbox.receive(NONE)));
    SideThread second = startParked(() -> assertEquals(Optional.of("b"), mailbox.receive(NONE)));
    mailbox.send("a", NONE);
    first.join();
    mailbox.send("b", NONE);
    second.join();
    assertEquals(0, mailbox.size());
  }

  /** The receiver notices the sender's end, after what is left. */
  @Test
  void closeSending_receiverGetsTheRestThenTheEnd() throws Exception {
    mailbox.send("a", NONE);
    mailbox.closeSending();
    mailbox.closeSending();
    assertTrue(mailbox.isClosed());
    assertFalse(mailbox.isDrained());
    assertEquals(Optional.of("a"), mailbox.receive(NONE));
    assertEquals(Optional.empty(), mailbox.receive(NONE));
    assertTrue(mailbox.isDrained());
    ClosedException refused = assertThrows(ClosedException.class, () -> mailbox.send("b", NONE));
    assertEquals("mailbox wal (0 of 2, sending closed) takes no item any more", refused.getMessage());
    assertThrows(ClosedException.class, () -> mailbox.offer("b"));
  }

  @Test
  void closeSending_wakesReceivers() throws Exception {
    SideThread side = startParked(() -> assertEquals(Optional.empty(), mailbox.receive(NONE)));
    mailbox.closeSending();
    side.join();
    assertEquals(0, mailbox.waiting());
  }

  @Test
  void closeSending_wakesSenders() throws Exception {
    mailbox.send("a", NONE);
    mailbox.send("b", NONE);
    SideThread side = startParked(() -> assertThrows(ClosedException.class, () -> mailbox.send("c", NONE)));
    mailbox.closeSending();
    side.join();
    assertEquals(Optional.of("a"), mailbox.poll());
    assertEquals(Optional.of("b"), mailbox.poll());
    assertEquals(Optional.empty(), mailbox.poll());
  }

  /**
   * The sender notices the receiver's end; what was sent goes to the one who closed, what was not stays the sender's.
   */
  @Test
  void closeReceiving_givesBackWhatIsLeft() throws Exception {
    mailbox.send("a", NONE);
    mailbox.send("b", NONE);
    SideThread side = startParked(() -> assertThrows(ClosedException.class, () -> mailbox.send("c", NONE)));
    assertEquals(List.of("a", "b"), mailbox.closeReceiving());
    assertEquals(List.of(), mailbox.closeReceiving());
    side.join();
    assertThrows(ClosedException.class, () -> mailbox.send("d", Duration.ZERO, NONE));
    assertThrows(ClosedException.class, () -> mailbox.receive(NONE));
    assertThrows(ClosedException.class, mailbox::poll);
    assertTrue(mailbox.isDrained());
  }

  @Test
  void closeReceiving_wakesReceivers() throws Exception {
    SideThread side = startParked(() -> assertThrows(ClosedException.class, () -> mailbox.receive(NONE)));
    mailbox.closeReceiving();
    side.join();
  }

  /** While full, what is sent is merged with the last item. */
  @Test
  void send_folding_mergesWhileFull() throws Exception {
    Mailbox<String> batches = Mailbox.folding("batches", 2, (last, added) -> Optional.of(last + added));
    for (String item : List.of("a", "b", "c", "d")) {
      batches.send(item, NONE);
    }
    assertTrue(batches.offer("e"));
    assertEquals(Optional.of("a"), batches.receive(NONE));
    batches.send("f", NONE);
    assertEquals(List.of("bcde", "f"), batches.closeReceiving());
  }

  /** What cannot be merged waits, and what comes later waits behind it. */
  @Test
  void send_cannotBeMerged_waits() throws Exception {
    Mailbox<String> batches = Mailbox.folding(
        "batches", 1, (last, added) -> added.equals("flush") ? Optional.empty() : Optional.of(last + added));
    batches.send("a", NONE);
    batches.send("b", NONE);
    SideThread flush = SideThread.startParked(() -> batches.send("flush", NONE));
    SideThread.until(() -> batches.waiting() == 1);
    assertFalse(batches.offer("c"));
    assertEquals(Optional.of("ab"), batches.receive(NONE));
    flush.join();
    assertEquals(Optional.of("flush"), batches.receive(NONE));
  }

  /** The last item is received while somebody merges with it: the result is dropped, and nothing is there twice. */
  @Test
  void send_lastReceivedDuringTheMerge_mergesNothing() throws Exception {
    List<Mailbox<String>> self = new ArrayList<>();
    List<String> received = new ArrayList<>();
    Mailbox<String> batches = Mailbox.folding("batches", 1, (last, added) -> {
      received.add(self.getFirst().poll().orElseThrow());
      return Optional.of(last + added);
    });
    self.add(batches);
    batches.send("a", NONE);
    batches.send("b", NONE);
    assertEquals(List.of("a"), received);
    assertEquals(List.of("b"), batches.closeReceiving());
  }

  /** Every item is either received or still its sender's, whatever ends the waits; none is there twice. */
  @Test
  void send_racingCancelsAndEnds_losesNoItem() throws Exception {
    AtomicInteger cutOff = new AtomicInteger();
    Race.run(new Race.Round() {
      private final ConcurrentLinkedQueue<Integer> found = new ConcurrentLinkedQueue<>();
      private Mailbox<Integer> raced = Mailbox.of("raced", 1);
      private int rounds;

      @Override
      public List<CloseStep> bodies() {
        Mailbox<Integer> box = Mailbox.of("raced", 1);
        CancellationToken token = CancellationToken.create();
        raced = box;
        found.clear();
        boolean sendersEndFirst = rounds++ % 2 == 0;
        return List.of(
            () -> send(box, 1, token),
            () -> send(box, 2, token),
            () -> send(box, 3, NONE),
            () -> receive(box, token),
            () -> receive(box, NONE),
            token::cancel,
            () -> end(box, sendersEndFirst));
      }

      private void end(Mailbox<Integer> box, boolean sendersEndFirst) {
        if (sendersEndFirst) {
          box.closeSending();
        }
        found.addAll(box.closeReceiving());
      }

      private void send(Mailbox<Integer> box, int item, CancellationToken token) throws InterruptedException {
        try {
          box.send(item, token);
        } catch (CancelledException | ClosedException stillMine) {
          found.add(item);
          cutOff.incrementAndGet();
        }
      }

      private void receive(Mailbox<Integer> box, CancellationToken token) throws InterruptedException {
        try {
          box.receive(token).ifPresent(found::add);
        } catch (CancelledException | ClosedException end) {
          cutOff.incrementAndGet();
        }
      }

      @Override
      public void check() {
        assertEquals(List.of(1, 2, 3), found.stream().sorted().toList());
        assertEquals(0, raced.waiting());
      }
    });
    assertTrue(cutOff.get() > 0);
  }

  /** Several senders fold into one receiver: the sum arrives. */
  @Test
  void send_foldingRacing_losesNothing() throws Exception {
    Mailbox<Integer> sums = Mailbox.folding("sums", 1, (last, added) -> Optional.of(last + added));
    AtomicInteger sum = new AtomicInteger();
    AtomicInteger sending = new AtomicInteger(3);
    List<CloseStep> bodies = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      bodies.add(() -> {
        for (int j = 0; j < 5_000; j++) {
          sums.send(1_000, NONE);
        }
        if (sending.decrementAndGet() == 0) {
          sums.closeSending();
        }
      });
    }
    bodies.add(() -> {
      for (Optional<Integer> next = sums.receive(NONE); next.isPresent(); next = sums.receive(NONE)) {
        sum.addAndGet(next.get());
      }
    });
    Race.once(bodies);
    assertEquals(15_000_000, sum.get());
  }

  @Test
  void of_noCapacity_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> Mailbox.of("none", 0));
  }
}
