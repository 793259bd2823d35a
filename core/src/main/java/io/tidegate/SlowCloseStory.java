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

  private final long begunNanos;
  private final AtomicBoolean teller = new AtomicBoolean();
  /** Teller only; handed on through {@code teller}. */
  private int marksTold;
  /** Any thread; set by the teller. */
  private volatile boolean told;

  SlowCloseStory(long begunNanos) {
    this.begunNanos = begunNanos;
  }

  /** Waits until a gate is closed, telling what is to be told meanwhile; says whether it is closed. */
  boolean await(GateImpl gate, PoolClock clock, long deadlineNanos) {
    while (!teller.compareAndSet(false, true)) {
      // Another thread tells. Look again at each mark: it may have given up.
      long lookAgain = earlier(deadlineNanos, Waiting.deadline(clock, THEN_EACH));
      if (Waiting.throughAll(gate, clock, lookAgain, gate::isClosed)) {
        return true;
      }
      if (lookAgain == deadlineNanos) {
        return false;
      }
    }
    try {
      return awaitAndTell(gate, clock, deadlineNanos);
    } finally {
      teller.set(false);
    }
  }

  private boolean awaitAndTell(GateImpl gate, PoolClock clock, long deadlineNanos) {
    while (true) {
      long mark = begunNanos + nextMark().toNanos();
      long until = earlier(deadlineNanos, mark);
      if (Waiting.throughAll(gate, clock, until, gate::isClosed)) {
        tellEnd(gate, clock);
        return true;
      }
      if (until == deadlineNanos) {
        return false;
      }
      marksTold++;
      told = true;
      tellHolders(gate, clock);
    }
  }

  private Duration nextMark() {
    int beyond = marksTold - MARKS.size();
    return beyond < 0 ? MARKS.get(marksTold) : THEN_EACH.multipliedBy(beyond + 1L);
  }

  private static long earlier(long deadlineNanos, long otherNanos) {
    return deadlineNanos != Waiting.NO_DEADLINE && deadlineNanos - otherNanos < 0 ? deadlineNanos : otherNanos;
  }

  private void tellHolders(GateImpl gate, PoolClock clock) {
    Level level = marksTold == 1 ? Level.INFO : Level.WARN;
    List<Member> members = gate.members();
    StringBuilder text = new StringBuilder();
    long now = clock.nanoTime();
    members.stream().limit(NAMED).forEach(member -> text.append("\n  ").append(Holder.of(member, member.gate().path(), now)));
    if (members.size() > NAMED) {
      text.append("\n  and ").append(members.size() - NAMED).append(" more");
    }
    log.atLevel(level).log("closing {} has taken {} so far; inside are {}:{}", gate.path(), elapsed(clock), members.size(), text);
  }

  /** Tells of a holder that left, if the close was told of as slow. */
  void tellLeaver(GateImpl gate, Member member, PoolClock clock) {
    if (told) {
      log.info("{} left {}, {} after closing began", member.holderName(), gate.path(), elapsed(clock));
    }
  }

  private void tellEnd(GateImpl gate, PoolClock clock) {
    if (told) {
      log.info("closing {} has ended after {}", gate.path(), elapsed(clock));
    }
  }

  private String elapsed(PoolClock clock) {
    return CloseReport.millis(Duration.ofNanos(clock.nanoTime() - begunNanos));
  }
}
