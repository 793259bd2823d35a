// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.event.Level;

/**
 * Tells, in the log, whom a slow wait is for.
 *
 * <p>One of those who wait tells; when it gives up, the next one that waits goes on where it stopped.
 */
final class SlowStory {
  private static final Log log = Log.of(Gate.class);

  private static final List<Duration> MARKS = List.of(Duration.ofMillis(100), Duration.ofSeconds(1), Duration.ofSeconds(10));
  private static final Duration THEN_EACH = Duration.ofSeconds(60);
  /** How many holders one log line names. */
  private static final int NAMED = 10;

  /** The clock by which it began; a waiter may have another one. */
  private final PoolClock clock;
  private final long begunNanos;
  private final AtomicBoolean teller = new AtomicBoolean();
  /** Teller only; handed on through {@code teller}. */
  private int marksTold;
  /** Any thread; set by the teller. */
  private volatile boolean told;
  private final AtomicBoolean endTold = new AtomicBoolean();

  SlowStory(PoolClock clock, long begunNanos) {
    this.clock = clock;
    this.begunNanos = begunNanos;
  }

  /** Waits until it is over, telling what is to be told meanwhile; says whether it is over. */
  boolean await(SlowWait wait, PoolClock waitersClock, long deadlineNanos) {
    while (!wait.isOver()) {
      Simulator.step("is about to tell, if nobody does");
      if (teller.compareAndSet(false, true)) {
        try {
          return awaitAndTell(wait, waitersClock, deadlineNanos);
        } finally {
          teller.set(false);
          Simulator.step("tells no more, is about to wake another one");
          wait.wakeWaiters(); // for one of them to tell on
        }
      }
      if (!Waiting.throughAll(wait, waitersClock, deadlineNanos, () -> wait.isOver() || !teller.get())) {
        return false;
      }
    }
    return true;
  }

  private boolean awaitAndTell(SlowWait wait, PoolClock waitersClock, long deadlineNanos) {
    while (true) {
      long untilMark = nextMark().toNanos() - elapsedNanos();
      long until = earlier(deadlineNanos, waitersClock.nanoTime() + untilMark);
      if (until == deadlineNanos
          ? Waiting.throughAll(wait, waitersClock, until, wait::isOver)
          : Waiting.throughAllToTell(wait, waitersClock, until, wait::isOver)) {
        tellEnd(wait);
        return true;
      }
      if (until == deadlineNanos) {
        return false;
      }
      tellHolders(wait);
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

  private void tellHolders(SlowWait wait) {
    Level level = marksTold == 0 ? Level.INFO : Level.WARN;
    told = true;
    List<Member> members = wait.waitedFor();
    StringBuilder text = new StringBuilder();
    long now = clock.nanoTime();
    members.stream().limit(NAMED).forEach(member -> text.append("\n  ").append(Holder.of(member, member.gate().path(), now)));
    if (members.size() > NAMED) {
      text.append("\n  and ").append(members.size() - NAMED).append(" more");
    }
    log.log(level, "{} has taken {} so far; inside are {}:{}", wait.inWords(), elapsed(), members.size(), text);
  }

  /** Tells of a holder that left, if the close was told of as slow. */
  void tellLeaver(GateImpl gate, Member member) {
    if (told) {
      log.info("{} left {}, {} after closing began", member.holderName(), gate.path(), elapsed());
    }
  }

  /**
   * Tells that it is over, once, if it was told of as slow. Called after a gate's level was set, and by the teller after
   * it has seen that: one of the two finds that the other has done its part.
   */
  void tellEnd(SlowWait wait) {
    if (told && endTold.compareAndSet(false, true)) {
      log.info("{} has ended after {}", wait.inWords(), elapsed());
    }
  }

  private String elapsed() {
    return CloseReport.millis(Duration.ofNanos(elapsedNanos()));
  }

  private long elapsedNanos() {
    return clock.nanoTime() - begunNanos;
  }
}
