// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.sync.Backoff;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * The rules by which a walreceiver chooses among its sources.
 *
 * <p>A {@linkplain #silent silent} source is no candidate. A candidate is applicable if it has WAL, has as much of it as
 * is stored here (PostgreSQL refuses to stream from beyond its end), and has cooled down since the last attempt: from that
 * attempt's start 0.1 s, 1.5 times as much after each further one in vain, at most 15 s. The best of several is the one with the
 * fewest attempts in vain, then the one with the most WAL. The rules, the first that holds:
 *
 * <ol>
 *   <li>There is no connection: the best candidate.
 *   <li>The connected source was silent for longer than the connect timeout: the best other candidate. Where there is
 *       none the connection is given up all the same: of a half-dead socket nothing else is heard any more.
 *   <li>The connection is still being made: no other.
 *   <li>Others are ahead of the connected source by the greatest lag or more: the best of them.
 *   <li>Others are ahead, and for longer than the lagging timeout the connected one has not sent WAL that it has, or has not got
 *       WAL that was seen elsewhere: the best of them.
 * </ol>
 *
 * <p>There are no availability zones here, and so no rule that prefers one. A value without state: it decides from a
 * {@link WalReceiverStatus} and the time alone.
 *
 * @param connectTimeout how long a connection may take, and how long its source may be silent
 * @param laggingWalTimeout how long a candidate may be silent, and how long WAL may be missing
 * @param maxLsnWalLag how many bytes the connected source may be behind another
 */
public record SelectionRules(Duration connectTimeout, Duration laggingWalTimeout, long maxLsnWalLag) {
  private static final Backoff COOL_DOWN = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(15), 1.5, 0);
  /** Not asked, as the cool-down has no random part. */
  private static final RandomGenerator NO_RANDOM = new Random(0);

  private static final Comparator<Candidate> BEST_FIRST =
      Comparator.comparingInt(Candidate::attempts)
          .thenComparing(Candidate::commitLsn, Comparator.reverseOrder());

  /** Makes rules. */
  public SelectionRules {
    if (!connectTimeout.isPositive() || !laggingWalTimeout.isPositive() || maxLsnWalLag < 1) {
      throw new IllegalArgumentException("connect timeout, lagging timeout and greatest lag of a walreceiver are positive: "
          + connectTimeout + ", " + laggingWalTimeout + ", " + maxLsnWalLag);
    }
  }

  /**
   * What to do: to end the connection, if there is one, and then to begin another.
   *
   * @param to the source to connect to; empty to connect to none
   * @param reason why
   */
  record Switch(Optional<Candidate> to, SwitchReason reason) {}

  /**
   * {@return what to do now; empty to leave it as it is}
   *
   * @param status what is known
   * @param lastRecordLsn where the next connection has to start
   * @param now the present
   */
  Optional<Switch> decide(WalReceiverStatus status, Lsn lastRecordLsn, Moment now) {
    List<Candidate> applicable =
        status.candidates().stream().filter(each -> isApplicable(each, lastRecordLsn, now)).toList();
    if (status.connection().isEmpty()) {
      return to(best(applicable.stream()), SwitchReason.NO_EXISTING_CONNECTION);
    }
    Connection current = status.connection().get();
    List<Candidate> others = applicable.stream().filter(each -> !each.source().equals(current.source())).toList();
    if (isLonger(now.since(current.messageAt()), connectTimeout)) {
      return Optional.of(new Switch(best(others.stream()), SwitchReason.NO_KEEP_ALIVES));
    }
    return current.isConnected() ? leaveBehind(current, commitLsn(current, status), others, now) : Optional.empty();
  }

  /** {@return up to where the connected source has WAL, which a new connection has not told yet, but the source has} */
  private static Lsn commitLsn(Connection current, WalReceiverStatus status) {
    return status.candidates().stream()
        .filter(each -> each.source().equals(current.source()))
        .map(Candidate::commitLsn)
        .filter(current.commitLsn()::isBefore)
        .findFirst()
        .orElse(current.commitLsn());
  }

  private Optional<Switch> leaveBehind(Connection current, Lsn commitLsn, List<Candidate> others, Moment now) {
    Predicate<Candidate> isFarAhead = each -> each.commitLsn().minus(commitLsn) >= maxLsnWalLag;
    Optional<Candidate> farAhead = best(others.stream().filter(isFarAhead));
    if (farAhead.isPresent()) {
      return to(farAhead, SwitchReason.LAGGING_WAL);
    }
    if (current.waitsForWalSince().filter(since -> isLonger(now.since(since), laggingWalTimeout)).isEmpty()) {
      return Optional.empty();
    }
    Predicate<Candidate> isAhead = each -> current.commitLsn().isBefore(each.commitLsn());
    return to(best(others.stream().filter(isAhead)), SwitchReason.NO_WAL_TIMEOUT);
  }

  private static Optional<Switch> to(Optional<Candidate> chosen, SwitchReason reason) {
    return chosen.map(each -> new Switch(Optional.of(each), reason));
  }

  private static Optional<Candidate> best(Stream<Candidate> candidates) {
    return candidates.min(BEST_FIRST);
  }

  private static boolean isApplicable(Candidate candidate, Lsn lastRecordLsn, Moment now) {
    return !candidate.commitLsn().equals(Lsn.INVALID)
        && !candidate.commitLsn().isBefore(lastRecordLsn)
        && !coolDownLeft(candidate, now).isPositive();
  }

  /** {@return for how long a candidate must not be tried; zero or less if it may be} */
  static Duration coolDownLeft(Candidate candidate, Moment now) {
    return candidate.attemptedAt()
        .map(attempt -> COOL_DOWN.delay(candidate.attempts(), NO_RANDOM).minus(now.since(attempt)))
        .orElse(Duration.ZERO);
  }

  /** {@return the candidates to be forgotten, with their attempts, as they have not been heard for too long} */
  List<Candidate> silent(WalReceiverStatus status, Moment now) {
    return status.candidates().stream()
        .filter(each -> now.since(each.heardAt()).compareTo(laggingWalTimeout) >= 0)
        .toList();
  }

  /** {@return how long to wait before the rules are looked at again, though nothing is heard meanwhile} */
  Duration untilNextLook(WalReceiverStatus status, Moment now) {
    Duration limit = connectTimeout.dividedBy(10).compareTo(askPeriod()) < 0 ? connectTimeout.dividedBy(10) : askPeriod();
    return status.candidates().stream()
        .map(each -> coolDownLeft(each, now))
        .filter(left -> left.isPositive() && left.compareTo(limit) < 0)
        .min(Comparator.naturalOrder())
        .orElse(limit);
  }

  /** {@return how often a source is asked up to where it has WAL} */
  Duration askPeriod() {
    return laggingWalTimeout.dividedBy(10);
  }

  private static boolean isLonger(Duration time, Duration limit) {
    return time.compareTo(limit) > 0;
  }
}
