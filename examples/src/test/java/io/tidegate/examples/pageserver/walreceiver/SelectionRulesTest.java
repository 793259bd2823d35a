// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which source a walreceiver takes, rule by rule, at times that nobody has to wait for. */
class SelectionRulesTest {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration LAGGING = Duration.ofSeconds(4);
  private static final long LAG = 1_000;
  private static final SelectionRules RULES = new SelectionRules(CONNECT, LAGGING, LAG);
  private static final Duration INSTANT = Duration.ofNanos(1);

  private static final Moment START = new Moment(Long.MAX_VALUE - 5, Instant.EPOCH); // the clock may overflow
  private static final Lsn STORED = new Lsn(5_000);

  @Test
  void noConnection_noCandidate_leavesIt() {
    assertEquals("none", decide(WalReceiverStatus.NONE, START));
    assertEquals("none", decide(heard("a", 0), START), "it has no WAL");
    assertEquals("none", decide(heard("a", 4_999), START), "it has less than is stored");
  }

  @Test
  void noConnection_candidate_isTaken() {
    assertEquals("a: there is no connection", decide(heard("a", 5_000), START));
  }

  @Test
  void noConnection_severalCandidates_takesTheOneWithTheMostWal() {
    WalReceiverStatus status = heard("a", 5_100).heard("b", lsn(5_300), START).heard("c", lsn(5_200), START);
    assertEquals("b: there is no connection", decide(status, START));
  }

  @Test
  void noConnection_candidatesThatHaveFailed_comeAfterThoseThatHaveNot() {
    Moment later = START.plus(Duration.ofSeconds(3));
    WalReceiverStatus status = failed(heard("a", 6_000).heard("b", lsn(5_001), START), "a", START, 1);
    assertEquals("b: there is no connection", decide(status, later));
    WalReceiverStatus bothFailed = failed(status, "b", START, 2);
    assertEquals("a: there is no connection", decide(bothFailed, later));
  }

  @Test
  void coolDown_countsFromTheStartOfTheAttempt_andGrowsToFifteenSeconds() {
    Map<Integer, Duration> lengths = Map.of(
        1, Duration.ofMillis(100), 2, Duration.ofMillis(150), 3, Duration.ofMillis(225),
        13, Duration.ofNanos(12_974_633_789L), 14, Duration.ofSeconds(15), 1_000, Duration.ofSeconds(15));
    lengths.forEach((attempts, length) -> {
      WalReceiverStatus status = failed(heard("a", 5_000), "a", START, attempts);
      assertEquals("none", decide(status, START.plus(length.minusMillis(1))), attempts + " attempts");
      assertEquals("a: there is no connection", decide(status, START.plus(length.plusNanos(1))), attempts + " attempts");
    });
  }

  @Test
  void coolDown_endsWhenWalWasProcessed() {
    WalReceiverStatus processed = failed(heard("a", 5_000), "a", START, 7)
        .connecting("a", STORED, START)
        .connection(each -> each.established(START))
        .processed(lsn(5_000))
        .disconnected();
    assertEquals("a: there is no connection", decide(processed, START));
    WalReceiverStatus unprocessed = failed(heard("a", 5_000), "a", START, 7)
        .connecting("a", STORED, START)
        .connection(each -> each.established(START))
        .disconnected();
    assertEquals("none", decide(unprocessed, START));
  }

  @Test
  void connection_thatIsTheBest_isKept() {
    Moment later = START.plus(CONNECT);
    assertEquals("none", decide(connected(5_000, later), later));
    assertEquals("none", decide(connected(5_000, later).heard("b", lsn(5_000), later), later), "as much as the other");
    assertEquals("none", decide(connected(5_500, later).heard("b", lsn(5_400), later), later));
  }

  @Test
  void connection_whoseSourceIsSilent_isLeft() {
    WalReceiverStatus status = connected(5_000, START);
    WalReceiverStatus withOther = status.heard("b", lsn(5_000), START);
    Moment atLimit = START.plus(CONNECT);
    assertEquals("none", decide(withOther, atLimit));
    assertEquals("b: the one before was silent", decide(withOther, atLimit.plus(INSTANT)));
    assertEquals("nobody: the one before was silent", decide(status, atLimit.plus(INSTANT)));
  }

  @Test
  void connection_heldUpByTheIngest_isNotSilent() {
    Moment later = START.plus(CONNECT);
    WalReceiverStatus status = connected(5_000, START).connection(each -> each.heldUp(later));
    assertEquals("none", decide(status.heard("b", lsn(5_999), later), later.plus(LAGGING)));
  }

  @Test
  void connection_notYetMade_isLeftOnlyForItsTime() {
    WalReceiverStatus status = heard("a", 5_000).connecting("a", STORED, START).heard("b", lsn(900_000), START);
    assertEquals("none", decide(status, START.plus(CONNECT)));
    assertEquals("b: the one before was silent", decide(status, START.plus(CONNECT).plus(INSTANT)));
  }

  @Test
  void connection_laggingByTheLimit_isLeft() {
    assertEquals("none", decide(connected(5_000, START).heard("b", lsn(5_999), START), START));
    assertEquals("b: the one before is too far behind",
        decide(connected(5_000, START).heard("b", lsn(6_000), START), START));
  }

  @Test
  void connection_thatHasNotToldYetWhatItsSourceHas_isNotLeftForLess() {
    WalReceiverStatus status = connected(5_000, START).heard("a", lsn(9_000), START);
    assertEquals("none", decide(status.heard("b", lsn(9_999), START), START));
    assertEquals("b: the one before is too far behind", decide(status.heard("b", lsn(10_000), START), START));
  }

  @Test
  void connection_lagging_isNotLeftForOneThatCoolsDown() {
    WalReceiverStatus status = failed(connected(5_000, START).heard("b", lsn(9_000), START), "b", START, 3);
    assertEquals("none", decide(status, START));
    assertEquals("c: the one before is too far behind", decide(status.heard("c", lsn(6_000), START), START));
  }

  @Test
  void connection_thatDoesNotSendWhatItHas_isLeftForOneWithMore() {
    WalReceiverStatus status = heard("a", 5_000).connecting("a", STORED, START)
        .connection(each -> each.established(START))
        .received(false, lsn(5_000), lsn(5_100), START)
        .heard("b", lsn(5_200), START);
    Moment heardSince = START.plus(LAGGING);
    WalReceiverStatus alive = status.received(false, lsn(5_000), lsn(5_100), heardSince);
    assertEquals("none", decide(alive, heardSince));
    assertEquals("b: the one before brings no more WAL", decide(alive, heardSince.plus(INSTANT)));
    assertEquals("none", decide(alive.heard("b", lsn(5_100), START), heardSince.plus(INSTANT)), "b has no more");
  }

  @Test
  void connection_withoutTheWalThatAnotherHas_isLeftAfterItWasSeenForTooLong() {
    Moment discovered = START.plus(Duration.ofSeconds(60));
    WalReceiverStatus status = connected(5_000, discovered).heard("b", lsn(5_001), discovered);
    Moment limit = discovered.plus(LAGGING);
    WalReceiverStatus alive = status.heard("b", lsn(5_900), limit).received(false, lsn(5_000), lsn(5_000), limit);
    assertEquals("none", decide(alive, limit));
    assertEquals("b: the one before brings no more WAL", decide(alive, limit.plus(INSTANT)));

    WalReceiverStatus caughtUp = status.received(true, lsn(5_001), lsn(5_001), limit).processed(lsn(5_001));
    assertEquals("none", decide(caughtUp.heard("b", lsn(5_900), limit), limit.plus(INSTANT)), "it is seen anew");
  }

  @Test
  void silentCandidates_areForgottenWithTheirAttempts() {
    WalReceiverStatus status = failed(heard("a", 5_000).heard("b", lsn(5_000), START.plus(INSTANT)), "a", START, 9);
    Moment limit = START.plus(LAGGING);
    assertEquals(List.of(), RULES.silent(status, START.plus(LAGGING.minus(INSTANT))));
    assertEquals(List.of("a"), RULES.silent(status, limit).stream().map(Candidate::source).toList());

    WalReceiverStatus forgotten = status.without(RULES.silent(status, limit));
    assertEquals(List.of("b"), forgotten.candidates().stream().map(Candidate::source).toList());
    assertEquals("a: there is no connection", decide(forgotten.heard("a", lsn(7_000), limit), limit));
  }

  @Test
  void untilNextLook_isTheEndOfACoolDownOrATenthOfTheLimits() {
    assertEquals(LAGGING.dividedBy(10), RULES.untilNextLook(heard("a", 5_000), START));
    WalReceiverStatus coolingDown = failed(heard("a", 5_000), "a", START, 2);
    assertEquals(Duration.ofMillis(110), RULES.untilNextLook(coolingDown, START.plus(Duration.ofMillis(40))));
  }

  @Test
  void switches_areCountedByReason() {
    WalReceiverStatus status = heard("a", 5_000).switching(SwitchReason.NO_EXISTING_CONNECTION)
        .switching(SwitchReason.LAGGING_WAL).switching(SwitchReason.NO_EXISTING_CONNECTION);
    assertEquals(Map.of(SwitchReason.NO_EXISTING_CONNECTION, 2, SwitchReason.LAGGING_WAL, 1), status.switches());
  }

  @Test
  void status_isOneSentence() {
    assertEquals("disconnected, candidates (source|update time|commit LSN): []", WalReceiverStatus.NONE.toString());
    WalReceiverStatus status = connected(5_000, START).heard("b", lsn(5_376), START.plus(Duration.ofSeconds(1)));
    assertEquals(
        "(update 1970-01-01T00:00:00Z): streaming WAL from a, commit|streaming LSN: 0/1388|0/1388,"
            + " candidates (source|update time|commit LSN): [a|1970-01-01T00:00:00Z|0/1388, b|1970-01-01T00:00:01Z|0/1500]",
        status.toString());
  }

  @Test
  void rules_withoutPositiveLimits_areRefused() {
    assertThrows(IllegalArgumentException.class, () -> new SelectionRules(Duration.ZERO, LAGGING, LAG));
    assertThrows(IllegalArgumentException.class, () -> new SelectionRules(CONNECT, Duration.ofSeconds(-1), LAG));
    String message = String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> new SelectionRules(CONNECT, LAGGING, 0)).getMessage());
    assertTrue(message.contains("PT10S, PT4S, 0"), message);
  }

  private static String decide(WalReceiverStatus status, Moment now) {
    Optional<SelectionRules.Switch> decision = RULES.decide(status, STORED, now);
    return decision
        .map(each -> each.to().map(Candidate::source).orElse("nobody") + ": " + each.reason())
        .orElse("none");
  }

  private static Lsn lsn(long value) {
    return new Lsn(value);
  }

  /** One candidate, heard at the start. */
  private static WalReceiverStatus heard(String source, long commitLsn) {
    return WalReceiverStatus.NONE.heard(source, lsn(commitLsn), START);
  }

  /** A connection to the source "a", which has brought all that it has, and was heard then. */
  private static WalReceiverStatus connected(long commitLsn, Moment at) {
    return heard("a", commitLsn)
        .connecting("a", STORED, at)
        .connection(each -> each.established(at))
        .received(true, lsn(commitLsn), lsn(commitLsn), at)
        .processed(lsn(commitLsn));
  }

  /** So many connections to a source have begun at one moment, and ended. */
  private static WalReceiverStatus failed(WalReceiverStatus status, String source, Moment at, int attempts) {
    WalReceiverStatus after = status;
    for (int i = 0; i < attempts; i++) {
      after = after.connecting(source, STORED, at);
    }
    return new WalReceiverStatus(status.connection(), after.candidates(), status.lastReceived(), status.switches());
  }
}
