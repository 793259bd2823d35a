// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.CloseReport;
import io.tidegate.GateClosedException;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.source.FakeSource;
import io.tidegate.examples.pageserver.source.Feedback;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A walreceiver and servers that do what the test wants. */
@Timeout(300)
class WalReceiverTest {
  /** Long enough for a busy machine; sources are asked ten times a second. */
  private static final SelectionRules PATIENT = new SelectionRules(Duration.ofMinutes(1), Duration.ofSeconds(1), 1 << 30);
  private static final SelectionRules IMPATIENT =
      new SelectionRules(Duration.ofMillis(300), Duration.ofMinutes(1), 1 << 30);

  private static final ByteBuffer LOG = SampleRecords.log(600, 1_000);
  private static final int SIZE = LOG.limit();
  private static final Lsn START = SampleRecords.LOG_START;
  private static final Lsn END = START.plus(SIZE);

  private final Scope timeline = Scope.root("timeline");
  private final ListSink sink = new ListSink(START);
  private final FakeSource a = new FakeSource("a:1", START, LOG);
  private final FakeSource b = new FakeSource("b:2", START, LOG);
  private LogLines log;

  @BeforeEach
  void catchLog() {
    log = new LogLines();
  }

  @AfterEach
  void close() {
    timeline.close();
    log.close();
    assertEquals(0, a.openStreams() + b.openStreams());
  }

  private WalReceiver start(SelectionRules rules, FakeSource... sources) {
    WalReceiver.Upstream upstream = new WalReceiver.Upstream(1, 1, "slot");
    WalReceiver receiver = WalReceiver.start(timeline, upstream, sink, rules);
    for (FakeSource each : sources) {
      receiver.addSource(each);
    }
    return receiver;
  }

  private void awaitRecords(Lsn end) throws Exception {
    Await.until("all records up to " + end, () -> !sink.lastRecordLsn().isBefore(end));
  }

  private static void awaitSource(WalReceiver receiver, FakeSource source) throws Exception {
    Await.until("it receives from " + source.where(), () -> receiver.isConnected() && receiver.where().equals(source.where()));
  }

  private static int switches(WalReceiver receiver, SwitchReason reason) {
    return receiver.status().value().switches().getOrDefault(reason, 0);
  }

  @Test
  void receive_ofTwoSources_takesTheOneWithMoreWal() throws Exception {
    b.write(SIZE);
    a.setDown(true);
    WalReceiver receiver = start(PATIENT, a, b);
    awaitRecords(END);
    assertEquals("b:2", receiver.where());
    assertEquals(0, a.streams());
    assertTrue(receiver.totals().isWhole(), () -> receiver.totals().toString());
    assertEquals(600, receiver.totals().records());
  }

  @Test
  void source_thatDies_isLeftForTheOther_andNothingIsLostOrRepeated() throws Exception {
    a.write(SIZE / 3);
    WalReceiver receiver = start(PATIENT, a);
    awaitSource(receiver, a);
    b.write(SIZE);
    receiver.addSource(b);
    Await.until("both are candidates", () -> receiver.status().value().candidates().size() == 2);
    a.setDown(true);
    awaitRecords(END);
    awaitSource(receiver, b);
    assertTrue(receiver.totals().isWhole(), () -> receiver.totals().toString());
    assertEquals(600, receiver.totals().records());
    Await.until("the dead one is no candidate", () -> receiver.status().value().candidates().size() == 1);
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void source_thatFallsSilent_isLeftForTheOther() throws Exception {
    a.write(SIZE / 3);
    WalReceiver receiver = start(IMPATIENT, a);
    awaitSource(receiver, a);
    b.write(SIZE);
    a.fallSilent();
    receiver.addSource(b);
    awaitRecords(END);
    assertTrue(switches(receiver, SwitchReason.NO_KEEP_ALIVES) > 0);
    assertTrue(receiver.totals().isWhole(), () -> receiver.totals().toString());
  }

  @Test
  void onlySource_thatIsMute_isConnectedAnew() throws Exception {
    a.write(SIZE / 3);
    WalReceiver receiver = start(IMPATIENT, a);
    Await.until("it connects again and again", () -> a.streams() > 3);
    assertTrue(switches(receiver, SwitchReason.NO_KEEP_ALIVES) > 0);
    a.write(SIZE);
    awaitRecords(END);
    assertTrue(receiver.totals().isWhole(), () -> receiver.totals().toString());
  }

  @Test
  void source_farBehind_isLeft() throws Exception {
    a.write(SIZE / 3);
    WalReceiver receiver = start(new SelectionRules(Duration.ofMinutes(1), Duration.ofSeconds(1), 1_000), a);
    awaitSource(receiver, a);
    b.write(SIZE);
    receiver.addSource(b);
    awaitRecords(END);
    assertEquals(1, switches(receiver, SwitchReason.LAGGING_WAL));
    assertEquals(0, a.openStreams());
  }

  @Test
  void source_thatBringsNoMoreWal_isLeft() throws Exception {
    a.write(SIZE / 3);
    WalReceiver receiver = start(PATIENT, a);
    awaitSource(receiver, a);
    a.getStuck();
    b.write(SIZE);
    receiver.addSource(b);
    awaitRecords(END);
    assertEquals(1, switches(receiver, SwitchReason.NO_WAL_TIMEOUT));
  }

  @Test
  void source_ofAnotherCluster_isNoCandidate() throws Exception {
    b.become(2);
    b.write(SIZE);
    a.write(SIZE / 2);
    WalReceiver receiver = start(PATIENT, b, a);
    awaitSource(receiver, a);
    Await.until("it is refused", () -> log.contains("b:2 is the PostgreSQL cluster 2, but what is stored here comes from 1"));
    assertEquals(List.of("a:1"), receiver.status().value().candidates().stream().map(Candidate::source).toList());
    assertEquals(0, b.streams());
  }

  @Test
  void gap_endsTheConnection_andTheNextGoesOnWhereItWas() throws Exception {
    checkSkew(1_024, "bytes are missing since");
  }

  @Test
  void repetition_endsTheConnection_andTheNextGoesOnWhereItWas() throws Exception {
    checkSkew(-1_024, "bytes come again that end at");
  }

  private void checkSkew(long bytes, String expected) throws Exception {
    a.write(SIZE / 3);
    WalReceiver receiver = start(PATIENT, a);
    Await.until("some has come", () -> START.isBefore(sink.lastRecordLsn()));
    a.skewOnce(bytes);
    a.write(SIZE);
    awaitRecords(END);
    assertEquals(600, receiver.totals().records());
    assertFalse(receiver.totals().isWhole(), "it is not forgotten");
    List<String> errors = log.lines(Level.ERROR);
    assertEquals(1, errors.size(), errors::toString);
    assertTrue(errors.getFirst().contains("receiving WAL from a:1 failed"), errors::toString);
    String thrown = log.matching(event -> event.getLevel() == Level.ERROR).getFirst().getThrowableProxy().getMessage();
    assertTrue(thrown.contains(expected), thrown);
  }

  @Test
  void ingest_thatIsBlocked_holdsTheReadingBack_andTheSourceIsNotBlamed() throws Exception {
    a.write(SIZE);
    sink.setOpen(false);
    WalReceiver receiver = start(new SelectionRules(Duration.ofSeconds(2), Duration.ofMinutes(1), 1 << 30), a);
    Await.until("it has said often enough that it lives", () -> a.reports().size() > 3);
    long read = a.sent();
    assertTrue(read <= 18 * 8_192, "read " + read);
    Await.until("again", () -> a.reports().size() > 5);
    assertEquals(read, a.sent());
    assertEquals(1, a.streams());

    sink.setOpen(true);
    awaitRecords(END);
    assertEquals(600, receiver.totals().records());
  }

  @Test
  void feedback_tellsWhatIsIngestedWhatIsOnDiskAndWhatIsRemote() throws Exception {
    a.write(SIZE);
    WalReceiver receiver = start(PATIENT, a);
    awaitRecords(END);
    Lsn disk = START.plus(2_000);
    Lsn remote = START.plus(1_000);
    sink.setDurable(disk, remote);
    receiver.flushed();
    Await.until("it is reported", () -> a.reports().contains(new Feedback(END, disk, remote)));
  }

  @Test
  void status_tellsOfTheConnectionAndTheCandidates() throws Exception {
    WalReceiver receiver = start(PATIENT, a, b);
    assertEquals(Optional.empty(), receiver.status().value().lastReceived());
    Await.until("both are candidates", () -> receiver.status().value().candidates().size() == 2);
    Await.until("it is connected", receiver::isConnected);
    FakeSource connected = receiver.where().equals("a:1") ? a : b;
    assertEquals(Optional.empty(), receiver.status().value().lastReceived());
    connected.write(SIZE);
    awaitRecords(END);
    Await.until("all is processed", () -> END.equals(receiver.status().value().connection().orElseThrow().streamingLsn()));
    WalReceiverStatus.Received last = receiver.status().value().lastReceived().orElseThrow();
    assertEquals(connected.where(), last.source());
    assertEquals(END, last.lsn());
    String sentence = receiver.status().value().toString();
    assertTrue(sentence.contains("streaming WAL from " + connected.where() + ", commit|streaming LSN: " + END + "|" + END),
        sentence);
    assertTrue(sentence.contains("candidates (source|update time|commit LSN): ["), sentence);

    receiver.close();
    assertTrue(receiver.status().isClosed());
    assertFalse(receiver.isConnected());
  }

  @Test
  void tasks_areManagerWatchesHandlerAndPoller_eachInItsScope() throws Exception {
    WalReceiver receiver = start(PATIENT, a, b);
    Await.until("it is connected", receiver::isConnected);
    assertEquals(
        List.of("timeline/walreceiver WAL_RECEIVER_MANAGER", "timeline/walreceiver WAL_SOURCE_WATCH",
            "timeline/walreceiver WAL_SOURCE_WATCH", "timeline/walreceiver/handler WAL_RECEIVER_HANDLER",
            "timeline/walreceiver/handler/poller WAL_RECEIVER_POLLER"),
        timeline.tasks().stream().map(WalReceiverTest::inWords).sorted().toList());
    receiver.close();
    assertEquals(List.of(), timeline.tasks());
    assertEquals(List.of(), timeline.children());
  }

  private static String inWords(Task<?> task) {
    return task.scope().path() + " " + task.kind().name();
  }

  @Test
  void connection_isJoinedBeforeTheNextBegins() throws Exception {
    WalReceiver receiver = start(PATIENT, a, b);
    a.write(SIZE / 10); // from here on, each has more than the other before
    b.write(SIZE / 10);
    for (int i = 2; i < 10; i++) {
      a.setDown(i % 2 == 0);
      b.setDown(i % 2 != 0);
      FakeSource other = i % 2 == 0 ? b : a;
      other.write(SIZE / 10 * i);
      awaitRecords(START.plus(SIZE / 10 * i - 2_000));
      awaitSource(receiver, other);
      assertEquals(1, a.openStreams() + b.openStreams());
      assertEquals(5, timeline.tasks().size(), () -> timeline.tasks().toString());
    }
    assertTrue(receiver.totals().isWhole(), () -> receiver.totals().toString());
  }

  @Test
  void addSource_twice_isRefused() {
    WalReceiver receiver = start(PATIENT, a);
    IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> receiver.addSource(a));
    assertTrue(String.valueOf(refused.getMessage()).contains("a:1 is given twice"), refused::toString);
  }

  @Test
  void addSource_afterTheClose_isRefused() {
    WalReceiver receiver = start(PATIENT, a);
    receiver.close();
    assertThrows(GateClosedException.class, () -> receiver.addSource(b));
  }

  @Test
  void close_whileTheSourceIsSilent_ends() throws Exception {
    a.write(SIZE / 3);
    WalReceiver receiver = start(PATIENT, a);
    awaitSource(receiver, a);
    a.fallSilent();
    timeline.onDrain("stop ingest", receiver::close);
    assertTrue(timeline.closeGracefully(Duration.ofMinutes(1)).isOrderly());
  }

  @Test
  void close_whileConnecting_ends() throws Exception {
    a.fallSilent();
    WalReceiver receiver = start(PATIENT, a);
    Await.until("it waits for an answer", () -> timeline.tasks().size() == 2);
    receiver.close();
    assertEquals(List.of(), timeline.tasks());
  }

  /** The ingest waits for something that only the timeline's own close would end, as for a layer's download. */
  @Test
  void closeGracefully_whileTheIngestIsBlocked_stopsItBeforeTheFlush() throws Exception {
    a.write(SIZE);
    sink.setOpen(false);
    WalReceiver receiver = start(PATIENT, a);
    Await.until("the ingest waits", () -> a.streams() == 1 && a.sent() > 16 * 8_192);
    timeline.onDrain("stop ingest", receiver::close);
    timeline.onDrain("freeze and flush", () -> {
      assertEquals(List.of(), timeline.tasks());
      assertFalse(timeline.token().isCancelled());
    });
    CloseReport report = timeline.closeGracefully(Duration.ofMinutes(1));
    assertTrue(report.isOrderly(), report::toString);
    assertFalse(log.contains("next attempt"), "a cancel is no failure");
  }

  @Test
  void cancelOfTheTimeline_whileTheIngestIsBlocked_endsIt() throws Exception {
    a.write(SIZE);
    sink.setOpen(false);
    start(PATIENT, a);
    Await.until("the ingest waits", () -> a.streams() == 1 && a.sent() > 16 * 8_192);
    timeline.cancel("the timeline ends");
    Await.until("nothing runs", () -> timeline.tasks().isEmpty());
    assertFalse(log.contains("next attempt"), "a cancel is no failure");
  }
}
