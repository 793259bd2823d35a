// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.source.ServerIdentity;
import io.tidegate.examples.pageserver.source.WalSource;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.sync.Watch;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives the WAL of one timeline, from one of its sources at a time.
 *
 * <pre>
 * timeline-…
 *   walreceiver    manager task, which chooses the source; one task for each source, which asks how far its WAL reaches
 *     handler      one for each connection: the task that decodes and ingests
 *       poller     the task that owns the socket
 * </pre>
 *
 * <p>Closing it, and nothing else of the timeline, ends the ingest: once {@link #close} has returned, no record is put any
 * more. The manager begins a connection only when nothing of the one before runs any more.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class WalReceiver {
  private static final Logger log = LoggerFactory.getLogger(WalReceiver.class);

  private final Scope scope;
  private final Reception reception;
  private final List<WalSource> sources = new CopyOnWriteArrayList<>();
  /** Written by the manager, read by the flush task. */
  private volatile @Nullable ConnectionHandler handler;

  /**
   * What the WAL must come from.
   *
   * @param systemIdentifier the identifier of the PostgreSQL cluster
   * @param timeline the number of PostgreSQL's own timeline
   * @param slot the replication slot that keeps the WAL, on each of the sources
   */
  public record Upstream(long systemIdentifier, int timeline, String slot) {
    /** A promoted or restored server is refused too: its log may differ from what is stored here already. */
    void check(String where, ServerIdentity server) throws WrongSourceException {
      if (server.systemIdentifier() != systemIdentifier) {
        throw new WrongSourceException(
            where + " is the PostgreSQL cluster " + Long.toUnsignedString(server.systemIdentifier())
                + ", but what is stored here comes from " + Long.toUnsignedString(systemIdentifier));
      }
      if (server.timeline() != timeline) {
        throw new WrongSourceException(
            where + " has gone to timeline " + server.timeline() + " of its log by a promotion or a restore,"
                + " but what is stored here comes from timeline " + timeline);
      }
    }
  }

  private WalReceiver(Scope scope, Reception reception) {
    this.scope = scope;
    this.reception = reception;
  }

  /**
   * Starts, in a scope {@code walreceiver} below the timeline's; receives as soon as there is a source.
   *
   * @param timeline the timeline's scope
   * @param upstream what the sources must be, and the slot
   * @param sink takes the records
   * @param rules choose the source
   * @return the receiver
   * @throws io.tidegate.GateClosedException if the timeline is closing
   */
  public static WalReceiver start(Scope timeline, Upstream upstream, WalSink sink, SelectionRules rules) {
    Scope scope = timeline.child("walreceiver");
    Watch<WalReceiverStatus> status = Watch.of(WalReceiverStatus.NONE);
    scope.onClosed("end status", status::close);
    IngestTotals totals = new IngestTotals(sink.lastRecordLsn());
    WalReceiver receiver = new WalReceiver(scope, new Reception(upstream, sink, rules, totals, status));
    scope.spawn(Kind.WAL_RECEIVER_MANAGER, receiver::manage);
    return receiver;
  }

  /**
   * Adds a source: another server of the same cluster, on the same of PostgreSQL's timelines.
   *
   * @param source the server
   * @throws IllegalArgumentException if it is one of the sources already
   * @throws io.tidegate.GateClosedException if this is closing
   */
  public synchronized void addSource(WalSource source) {
    if (sources.stream().anyMatch(each -> each.where().equals(source.where()))) {
      throw new IllegalArgumentException(
          source.where() + " is given twice: " + scope.path() + " receives from it already");
    }
    sources.add(source);
    scope.spawn(Kind.WAL_SOURCE_WATCH, new SourceWatch(reception, source)::run);
  }

  /** {@return the sources that were added, in that order} */
  public List<WalSource> sources() {
    return List.copyOf(sources);
  }

  /** Ends the ingest, and returns when it has ended. */
  public void close() {
    scope.close();
  }

  /** {@return what was received since the start} */
  public IngestTotals totals() {
    return reception.totals();
  }

  /** {@return what is known of the sources and of the connection; ends when this is closed} */
  public Watch<WalReceiverStatus> status() {
    return reception.status();
  }

  /** {@return whether a connection is up} */
  public boolean isConnected() {
    return connection().filter(Connection::isConnected).isPresent();
  }

  /**
   * {@return the server as people know it, without a password} The connected one; while there is none, the first of the
   * sources, or none.
   */
  public String where() {
    return connection()
        .map(Connection::source)
        .or(() -> sources.stream().findFirst().map(WalSource::where))
        .orElse("none");
  }

  private Optional<Connection> connection() {
    return reception.status().value().connection();
  }

  /** Lets the server know that more is durable, though no WAL comes in. */
  public void flushed() {
    ConnectionHandler current = handler;
    if (current != null) {
      current.report();
    }
  }

  /** Looks at the rules whenever something was heard, or enough time has passed, until it is cancelled. */
  private void manage(CancellationToken token) throws InterruptedException {
    Watch.Reader<WalReceiverStatus> changes = reception.status().subscribe();
    try {
      while (true) {
        look();
        changes.next(reception.rules().untilNextLook(reception.status().value(), Moment.now()), token);
      }
    } finally {
      endConnection();
    }
  }

  private void look() {
    if (handler != null && connection().isEmpty()) {
      tellOfEnd(handler.source(), endConnection());
    }
    forgetSilent();
    Lsn start = reception.sink().lastRecordLsn();
    reception.rules().decide(reception.status().value(), start, Moment.now()).ifPresent(this::change);
  }

  private void forgetSilent() {
    List<Candidate> silent = reception.rules().silent(reception.status().value(), Moment.now());
    if (!silent.isEmpty()) {
      log.info("no candidates any more, as they do not answer: {}", silent);
      reception.status().update(status -> status.without(silent));
    }
  }

  /** Ends the connection, if there is one, waits for its end, and only then begins the next. */
  private void change(SelectionRules.Switch next) {
    Optional<Connection> before = connection();
    endConnection();
    before.ifPresent(each -> log.info("leaving {}: {}", each, next.reason()));
    reception.status().update(status -> status.switching(next.reason()));
    next.to().flatMap(this::source).ifPresent(this::begin);
  }

  private void begin(WalSource source) {
    Lsn start = reception.sink().lastRecordLsn();
    Moment now = Moment.now();
    reception.status().update(status -> status.connecting(source.where(), start, now));
    handler = ConnectionHandler.begin(scope, reception, source, start);
  }

  private Optional<Exception> endConnection() {
    ConnectionHandler ended = handler;
    handler = null;
    return ended == null ? Optional.empty() : ended.close();
  }

  private void tellOfEnd(WalSource source, Optional<Exception> failure) {
    Duration pause = reception.status().value().candidates().stream()
        .filter(each -> each.source().equals(source.where()))
        .map(each -> SelectionRules.coolDownLeft(each, Moment.now()))
        .filter(Duration::isPositive)
        .findFirst()
        .orElse(Duration.ZERO);
    failure.ifPresent(known -> reception.tell(source.where(), known, pause));
  }

  private Optional<WalSource> source(Candidate candidate) {
    return sources.stream().filter(each -> each.where().equals(candidate.source())).findFirst();
  }
}
