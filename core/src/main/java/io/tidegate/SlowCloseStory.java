// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.PoolClock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Tells, in the log, whom a slow close waits for.
 *
 * <p>One of those who wait for the gate tells; when it gives up, the next one that waits goes on where it stopped.
 */
final class SlowCloseStory {
  private static final Logger log = LoggerFactory.getLogger(Gate.class);

  private static final List<Duration> MARKS = List.of(Duration.ofMillis(100), Duration.ofSeconds(1), Duration.ofSeconds(10));
  private static final Duration THEN_EACH = Duration.ofSeconds(60);
  /** How many holders one log line names. */
  private static final int NAMED = 10;

  /** The clock by which the closing began; a waiter may have another one. */
  private final PoolClock clock;
  private final long begunNanos;
  private final AtomicBoolean teller = new AtomicBoolean();
  /** Teller only; handed on through {@code teller}. */
  private int marksTold;
  /** Any thread; set by the teller. */
  private volatile boolean told;
  private final AtomicBoolean endTold = new AtomicBoolean();

  SlowCloseStory(PoolClock clock, long begunNanos) {
    this.clock = clock;
    this.begunNanos = begunNanos;
  }

  /** Waits until a gate is closed, telling what is to be told meanwhile; says whether it is closed. */
  boolean await(GateImpl gate, PoolClock waitersClock, long deadlineNanos) {
    while (!gate.isClosed()) {
      if (teller.compareAndSet(false, true)) {
        try {
          return awaitAndTell(gate, waitersClock, deadlineNanos);
        } finally {
          teller.set(false);
          gate.wakeClosers(); // for one of them to tell on
        }
      }
      if (!Waiting.throughAll(gate, waitersClock, deadlineNanos, () -> gate.isClosed() || !teller.get())) {
        return false;
      }
    }
    return true;
  }

  private boolean awaitAndTell(GateImpl gate, PoolClock waitersClock, long deadlineNanos) {
    while (true) {
      long untilMark = nextMark().toNanos() - elapsedNanos();
      long until = earlier(deadlineNanos, waitersClock.nanoTime() + untilMark);
      if (Waiting.throughAll(gate, waitersClock, until, gate::isClosed)) {
        tellEnd(gate);
        return true;
      }
      if (until == deadlineNanos) {
        return false;
      }
      tellHolders(gate);
      // Of the marks that have passed while nobody told, one is enough.
      do {
        marksTold++;
      } while (nextMark().toNanos() <= elapsedNanos());
    }
  }

  private Duration nextMark() {
    int beyond = marksTold - MARKS.size();
    return beyond < 0 ? MARKS.get(marksTold) : THEN_EACH.multipliedBy(beyond + 1L);
  }

  private static long earlier(long deadlineNanos, long otherNanos) {
    return deadlineNanos != Waiting.NO_DEADLINE && deadlineNanos - otherNanos < 0 ? deadlineNanos : otherNanos;
  }

  private void tellHolders(GateImpl gate) {
    Level level = marksTold == 0 ? Level.INFO : Level.WARN;
    told = true;
    List<Member> members = gate.members();
    StringBuilder text = new StringBuilder();
    long now = clock.nanoTime();
    members.stream().limit(NAMED).forEach(member -> text.append("\n  ").append(Holder.of(member, member.gate().path(), now)));
    if (members.size() > NAMED) {
      text.append("\n  and ").append(members.size() - NAMED).append(" more");
    }
    log.atLevel(level)
        .log("closing {} has taken {} so far; inside are {}:{}", gate.path(), elapsed(), members.size(), text);
  }

  /** Tells of a holder that left, if the close was told of as slow. */
  void tellLeaver(GateImpl gate, Member member) {
    if (told) {
      log.info("{} left {}, {} after closing began", member.holderName(), gate.path(), elapsed());
    }
  }

  /**
   * Tells that a gate is closed, once, if the close was told of as slow. Called after the level was set, and by the
   * teller after it has seen that: one of the two finds that the other has done its part.
   */
  void tellEnd(GateImpl gate) {
    if (told && endTold.compareAndSet(false, true)) {
      log.info("closing {} has ended after {}", gate.path(), elapsed());
    }
  }

  private String elapsed() {
    return CloseReport.millis(Duration.ofNanos(elapsedNanos()));
  }

  private long elapsedNanos() {
    return clock.nanoTime() - begunNanos;
  }
}
