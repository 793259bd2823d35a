// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a walreceiver knows of its sources at one instant: what it decides by, and what it shows.
 *
 * @param connection the connection; empty if there is none
 * @param candidates the sources that have answered of late, in the order in which they first did
 * @param lastReceived what came last, also through a connection that is gone; empty before anything came
 * @param switches how often a connection was begun or given up, by reason
 */
public record WalReceiverStatus(
    Optional<Connection> connection,
    List<Candidate> candidates,
    Optional<Received> lastReceived,
    Map<SwitchReason, Integer> switches) {
  /** The status of a receiver that has not heard of any source. */
  static final WalReceiverStatus NONE =
      new WalReceiverStatus(Optional.empty(), List.of(), Optional.empty(), Map.of());

  /**
   * The last message with WAL.
   *
   * @param source who sent it
   * @param lsn the end of its WAL
   * @param at when it came
   */
  public record Received(String source, Lsn lsn, Moment at) {}

  /** Makes a status. */
  public WalReceiverStatus {
    candidates = List.copyOf(candidates);
    switches = Map.copyOf(switches);
  }

  /** A source has said up to where it has WAL. */
  WalReceiverStatus heard(String source, Lsn commitLsn, Moment now) {
    boolean isKnown = candidates.stream().anyMatch(each -> each.source().equals(source));
    List<Candidate> heard = isKnown
        ? with(source, each -> each.heardAgain(commitLsn, now))
        : Stream.concat(candidates.stream(), Stream.of(Candidate.heard(source, commitLsn, now))).toList();
    Optional<Connection> compared =
        connection.map(each -> each.source().equals(source) ? each : each.compared(commitLsn, now));
    return new WalReceiverStatus(compared, heard, lastReceived, switches);
  }

  /** Some sources are no candidates any more. */
  WalReceiverStatus without(List<Candidate> gone) {
    List<Candidate> left = candidates.stream().filter(each -> !gone.contains(each)).toList();
    return new WalReceiverStatus(connection, left, lastReceived, switches);
  }

  /** A source has turned out to be none. */
  WalReceiverStatus refused(String source) {
    return without(candidates.stream().filter(each -> each.source().equals(source)).toList());
  }

  /** A connection is begun, or the present one given up. */
  WalReceiverStatus switching(SwitchReason reason) {
    Map<SwitchReason, Integer> counted = new EnumMap<>(SwitchReason.class);
    counted.putAll(switches);
    counted.merge(reason, 1, Integer::sum);
    return new WalReceiverStatus(Optional.empty(), candidates, lastReceived, counted);
  }

  /** A connection is begun. */
  WalReceiverStatus connecting(String source, Lsn start, Moment now) {
    Connection begun = Connection.begun(source, start, now);
    return new WalReceiverStatus(
        Optional.of(begun), with(source, each -> each.attempted(now)), lastReceived, switches);
  }

  /** Something has become of the connection. */
  WalReceiverStatus connection(UnaryOperator<Connection> change) {
    return new WalReceiverStatus(connection.map(change), candidates, lastReceived, switches);
  }

  /** The connected source was heard. */
  WalReceiverStatus received(boolean withWal, Lsn end, Lsn commitLsn, Moment now) {
    Optional<Received> last =
        withWal ? connection.map(each -> new Received(each.source(), end, now)) : lastReceived;
    return new WalReceiverStatus(
        connection.map(each -> each.heard(withWal, commitLsn, now)), candidates, last, switches);
  }

  /** Records were ingested: the source has made up for its failed attempts. */
  WalReceiverStatus processed(Lsn streamingLsn) {
    List<Candidate> forgiven =
        connection.map(current -> with(current.source(), Candidate::succeeded)).orElse(candidates);
    return new WalReceiverStatus(
        connection.map(each -> each.processed(streamingLsn)), forgiven, lastReceived, switches);
  }

  /** The connection has ended. */
  WalReceiverStatus disconnected() {
    return new WalReceiverStatus(Optional.empty(), candidates, lastReceived, switches);
  }

  private List<Candidate> with(String source, UnaryOperator<Candidate> change) {
    return candidates.stream().map(each -> each.source().equals(source) ? change.apply(each) : each).toList();
  }

  /** The status as one sentence, as in the text of a wait that has timed out. */
  @Override
  public String toString() {
    return connection.map(Connection::toString).orElse("disconnected")
        + ", candidates (source|update time|commit LSN): "
        + candidates.stream().map(Candidate::toString).collect(Collectors.joining(", ", "[", "]"));
  }
}
