// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import static io.tidegate.examples.pageserver.pageservice.RawClient.message;
import static io.tidegate.examples.pageserver.pageservice.RawClient.query;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CloseReport;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.testing.LeakCheck;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Closes, with clients that are silent, wait, or never read. */
@ExtendWith(LeakCheck.class)
@Timeout(300)
class PageServiceCloseTest {
  private static final String STREAM = "pagestream_v2 " + FakeTimelines.TENANT + " " + FakeTimelines.TIMELINE;
  private static final int MORE_PAGES_THAN_BUFFERS_HOLD = 2_000;

  private static final PageServiceSettings HASTY = new PageServiceSettings(
      ServiceUnderTest.PATIENT.listen(), 100, Duration.ofMinutes(10), Duration.ofMinutes(10), Duration.ofMillis(1),
      Duration.ofMinutes(10));

  private LogLines log;

  @BeforeEach
  void catchLog() {
    log = new LogLines();
  }

  @AfterEach
  void releaseLog() {
    log.close();
  }

  private static byte[] getPage(long since) {
    return message('d', ByteBuffer.allocate(34).put((byte) 2).putLong(-1).putLong(since)
        .putInt(1663).putInt(5).putInt(1).put((byte) 0).putInt(0).array());
  }

  /** {@return a client whose task is blocked in a write, and in no visit} */
  private static RawClient neverReading(ServiceUnderTest under) throws Exception {
    RawClient client = RawClient.connectNarrow(under.service.address());
    client.begin();
    client.send(query(STREAM));
    client.read('W');
    for (int i = 0; i < MORE_PAGES_THAN_BUFFERS_HOLD; i++) {
      client.send(getPage(1));
    }
    Await.until("the server is blocked in a write", () -> isBlocked(under.timelines));
    return client;
  }

  /** Whether the reader is parked in a write and stays so: on the way there it may be for a moment, as buffers grow. */
  private static boolean isBlocked(FakeTimelines timelines) {
    int pages = timelines.pages();
    for (int i = 0; i < 50; i++) {
      LockSupport.parkNanos(1_000_000);
      Thread reader = timelines.reader();
      boolean writes = reader != null
          && Stream.of(reader.getStackTrace()).anyMatch(frame -> frame.getClassName().contains("SocketOutputStream"));
      if (!writes || timelines.pages() != pages) {
        return false;
      }
    }
    return true;
  }

  @Test
  void stopAccepting_refusesNewClientsAndServesTheOld() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = under.start()) {
      under.service.stopAccepting();
      assertThrows(ConnectException.class, under::connect);
      assertEquals("TDCZ", client.typesOf("status"));
    }
  }

  @Test
  void close_tellsSilentClients() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest();
        RawClient idle = under.start();
        RawClient streaming = under.start();
        RawClient nameless = under.connect()) {
      streaming.send(query(STREAM));
      streaming.read('W');
      Await.until("all are served", () -> under.connections() == 3);
      under.service.close();
      idle.readEnd("57P01");
      streaming.readEnd("57P01");
      nameless.readToEnd();
      assertEquals(0, under.connections());
    }
  }

  @Test
  void close_endsWaitsForAnLsn() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = under.start()) {
      client.send(query(STREAM), getPage(0x2000));
      client.read('W');
      Await.until("the request waits", () -> under.timelines.waiting() == 1);
      under.service.close();
      client.readEnd("57P01");
      assertEquals(0, under.timelines.waiting());
    }
  }

  @Test
  void close_withAClientThatNeverReads_ends() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(HASTY); RawClient client = neverReading(under)) {
      CloseReport report = under.server.closeGracefully(Duration.ofMinutes(2));
      assertTrue(report.isOrderly(), report::toString);
      assertEquals(List.of(), under.server.tasks());
      client.readToEnd();
    }
  }

  @Test
  void closeOfATimeline_waitsForNoClientThatNeverReads() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(HASTY); RawClient client = neverReading(under)) {
      under.timelines.scope().close();
      assertEquals(1, under.connections(), "blocked in its write as before");
      assertEquals(1, under.service.sessions(), client::toString);
      under.service.close();
      under.awaitNobody();
    }
  }

  @Test
  void closeOfATimeline_endsItsRequestsAndTellsTheClient() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest();
        RawClient waiting = under.start();
        RawClient idle = under.start();
        RawClient other = under.start()) {
      for (RawClient each : new RawClient[] {waiting, idle}) {
        each.send(query(STREAM));
        each.read('W');
      }
      waiting.send(getPage(0x2000));
      Await.until("the request waits", () -> under.timelines.waiting() == 1);
      under.timelines.scope().close();
      waiting.readEnd("57P01");
      idle.send(getPage(1));
      idle.readEnd("57P01");
      assertEquals("TDCZ", other.typesOf("status"));
    }
  }

  @Test
  void visit_isOfTheConnectionsTask() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = under.start()) {
      client.send(query(STREAM), getPage(0x2000));
      client.read('W');
      Await.until("the request waits", () -> under.timelines.waiting() == 1);
      Task<?> task = under.server.tasks().stream()
          .filter(each -> each.kind() == Kind.PAGE_REQUEST_HANDLER).findFirst().orElseThrow();
      assertTrue(under.timelines.scope().gate().holders().getFirst().toString().contains(task.name()),
          under.timelines.scope().gate().holders()::toString);
      assertTrue(task.cancel("enough"));
      client.readEnd("57P01");
    }
  }
}
