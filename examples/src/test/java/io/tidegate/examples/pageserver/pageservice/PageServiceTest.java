// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import static io.tidegate.examples.pageserver.pageservice.RawClient.message;
import static io.tidegate.examples.pageserver.pageservice.RawClient.query;
import static io.tidegate.examples.pageserver.pageservice.RawClient.startup;
import static io.tidegate.examples.pageserver.pageservice.RawClient.texts;
import static io.tidegate.examples.pageserver.pageservice.RawClient.types;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.pageservice.RawClient.Answer;
import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the page service answers, byte by byte, and what it leaves when a client is gone. */
@ExtendWith(LeakCheck.class)
@Timeout(300)
class PageServiceTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final long LATEST = -1;
  private static final String STREAM =
      "pagestream_v2 " + FakeTimelines.TENANT + " " + FakeTimelines.TIMELINE;
  private static final int SSL = 80877103;
  private static final int GSS = 80877104;
  private static final int CANCEL = 80877102;

  private LogLines log;

  @BeforeEach
  void catchLog() {
    log = new LogLines();
  }

  @AfterEach
  void releaseLog() {
    log.close();
  }

  private static byte[] getPage(long request, long since, int relation, int block) {
    return message('d', ByteBuffer.allocate(34).put((byte) 2).putLong(request).putLong(since)
        .putInt(1663).putInt(5).putInt(relation).put((byte) 0).putInt(block).array());
  }

  private static byte[] forkRequest(int tag, int relation) {
    return message('d', ByteBuffer.allocate(30).put((byte) tag).putLong(LATEST).putLong(1)
        .putInt(1663).putInt(5).putInt(relation).put((byte) 0).array());
  }

  private static byte[] databaseRequest(int database) {
    return message('d', ByteBuffer.allocate(21).put((byte) 3).putLong(LATEST).putLong(1).putInt(database).array());
  }

  private static RawClient stream(ServiceUnderTest under) throws IOException {
    RawClient client = under.start();
    client.send(query(STREAM));
    assertArrayEquals(new byte[3], client.read('W').body());
    return client;
  }

  private static String error(Answer answer) {
    assertEquals('d', answer.type(), answer::text);
    assertEquals(103, answer.body()[0], answer::text);
    assertEquals(0, answer.body()[answer.body().length - 1]);
    return new String(answer.body(), 1, answer.body().length - 2, java.nio.charset.StandardCharsets.UTF_8);
  }

  @Test
  void start_greets() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = under.connect()) {
      client.send(startup(SSL));
      assertEquals('N', client.readByte());
      client.send(startup(GSS));
      assertEquals('N', client.readByte());
      List<Answer> greeting = client.begin();
      assertTrue(types(greeting).matches("RS{7}KZ"), types(greeting));
      assertArrayEquals(new byte[4], greeting.getFirst().body());
      assertEquals("I", greeting.getLast().text());
    }
  }

  @Test
  void start_withANewerProtocol_isToldTheOldOne() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = under.connect()) {
      client.send(startup(3 << 16 | 2, "user", "me", "_pq_.shiny", "1", ""));
      Answer negotiation = client.untilReady().getFirst();
      assertEquals('v', negotiation.type());
      assertArrayEquals(ByteBuffer.allocate(20).putInt(0).putInt(1).put(texts("_pq_.shiny")).slice(0, 19).array(),
          java.util.Arrays.copyOf(negotiation.body(), 20));
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
      select 1                                          | 42601 | unknown command "select"
      pagestream_v2 T                                   | 42601 | write: pagestream_v2 TENANT TIMELINE
      status now                                        | 42601 | write: status
      show abc                                          | 22023 | a tenant id is 32 hexadecimal digits
      get_last_record_rlsn T 0123                       | 22023 | 32 hexadecimal digits
      get_last_record_rlsn 00000000000000010000000000000002 00000000000000030000000000000005 | 42704 | there is no
      pagestream_v2 00000000000000010000000000000003 00000000000000030000000000000004        | 42704 | there is no
      """)
  void query_thatIsWrong_failsAndTheSessionGoesOn(String command, String state, String text) throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = under.start()) {
      client.send(query(command));
      List<Answer> answers = client.untilReady();
      assertEquals("EZ", types(answers));
      assertEquals("ERROR", answers.getFirst().field('S'));
      assertEquals(state, answers.getFirst().field('C'));
      assertTrue(answers.getFirst().field('M').contains(text), answers.getFirst()::text);
      assertEquals("TDCZ", client.typesOf("status"));
    }
  }

  @Test
  void query_givesTables() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = under.start()) {
      client.send(query("GET_LAST_RECORD_RLSN  " + FakeTimelines.TENANT + "\n" + FakeTimelines.TIMELINE + " ; "));
      List<Answer> answers = client.untilReady();
      assertEquals("TDCZ", types(answers));
      assertEquals(List.of("0/FFF", "0/1000"), answers.get(1).values());
      assertEquals("SELECT 1", answers.get(2).text());
      client.send(query("show " + FakeTimelines.TENANT));
      assertEquals(List.of("1024", "30s"), client.untilReady().get(1).values());
      assertEquals("CZ", client.typesOf("set anything = 1"));
      assertEquals("IZ", client.typesOf(" ;"));
    }
  }

  @Test
  void extendedQuery_givesTablesAndSkipsAfterAnError() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = under.start()) {
      byte[] parse = message('P', ByteBuffer.allocate(15).put(texts("s", "status now")).putShort((short) 0).array());
      byte[] good = message('P', ByteBuffer.allocate(11).put(texts("s", "status")).putShort((short) 0).array());
      byte[] bind = message('B', ByteBuffer.allocate(9).put(texts("", "s")).array());
      byte[] describe = message('D', texts("P"));
      byte[] execute = message('E', ByteBuffer.allocate(5).array());
      byte[] sync = message('S', new byte[0]);
      client.send(parse, bind, describe, execute, query("status"), sync);
      List<Answer> failed = client.untilReady();
      assertEquals("EZ", types(failed));
      assertEquals("42601", failed.getFirst().field('C'));
      client.send(good, bind, describe, message('D', texts("Ss")), execute, message('C', texts("Ss")), sync);
      assertEquals("12TtTDC3Z", types(client.untilReady()));
      client.send(bind, sync);
      assertEquals("26000", client.untilReady().getFirst().field('C'));
      client.send(execute, sync);
      assertEquals("34000", client.untilReady().getFirst().field('C'));
    }
  }

  @Test
  void pageStream_answersInOrder() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = stream(under)) {
      client.send(forkRequest(0, 1), forkRequest(0, 2), forkRequest(1, 1), databaseRequest(7),
          getPage(LATEST, 1, 1, 9), getPage(0x500, 0x400, 1, 9));
      assertArrayEquals(new byte[] {100, 1}, client.read('d').body());
      assertArrayEquals(new byte[] {100, 0}, client.read('d').body());
      assertArrayEquals(new byte[] {101, 1, 2, 3, 4}, client.read('d').body());
      assertArrayEquals(ByteBuffer.allocate(9).put((byte) 104).putLong(7 * 8192).array(), client.read('d').body());
      ByteBuffer latest = ByteBuffer.wrap(client.read('d').body());
      assertEquals(8193, latest.remaining());
      assertEquals(102, latest.get());
      assertEquals(9, latest.getInt());
      assertEquals(0x1000, latest.getLong());
      ByteBuffer older = ByteBuffer.wrap(client.read('d').body());
      assertEquals(0x500, older.getLong(5));
      client.send(message('c', new byte[0]));
      assertEquals("cCZ", types(client.untilReady()));
      assertEquals("TDCZ", client.typesOf("status"));
      client.send(message('X', new byte[0]));
      under.awaitNobody();
    }
  }

  @Test
  void pageStream_answersWhatIsWrongAndGoesOn() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = stream(under)) {
      client.send(message('d', new byte[] {4, 0}), message('d', new byte[0]), message('d', new byte[34]),
          message('d', new byte[] {2, 0, 0}), getPage(1, 2, 1, 1), getPage(LATEST, LATEST, 1, 1),
          getPage(LATEST, 1, FakeTimelines.BROKEN_RELATION, 1),
          forkRequest(0, 1));
      assertEquals("there is no page request 4", error(client.read()));
      assertEquals("the page request is too short", error(client.read()));
      assertEquals("the page request has 4 bytes too many", error(client.read()));
      assertEquals("the page request is too short", error(client.read()));
      assertEquals("a page request as of 0/1 that was not modified since 0/2", error(client.read()));
      assertEquals("a page request as of FFFFFFFF/FFFFFFFF that was not modified since FFFFFFFF/FFFFFFFF",
          error(client.read()));
      assertTrue(error(client.read()).contains("broken on purpose"));
      assertArrayEquals(new byte[] {100, 1}, client.read('d').body());
      assertTrue(log.contains("a page request failed"));
    }
  }

  @Test
  void pageStream_thatTheClientGivesUp_leavesTheSession() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = stream(under)) {
      client.send(message('f', texts("enough")));
      List<Answer> answers = client.untilReady();
      assertEquals("EZ", types(answers));
      assertEquals("57014", answers.getFirst().field('C'));
      client.send(message('d', new byte[3]), message('c', new byte[0]));
      assertEquals("TDCZ", client.typesOf("status"));
    }
  }

  @Test
  void pageStream_withAnotherMessage_breaksTheProtocol() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = stream(under)) {
      client.send(query("status"));
      client.readEnd("08P01");
      under.awaitNobody();
    }
  }

  @Test
  void wait_forAnLsn_endsWhenItComes() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = stream(under)) {
      client.send(getPage(LATEST, 0x2000, 1, 1));
      Await.until("the request waits", () -> under.timelines.waiting() == 1);
      assertEquals(1, under.timelines.scope().gate().holders().size());
      under.timelines.advance(0x2000);
      assertEquals(0x2000, ByteBuffer.wrap(client.read('d').body()).getLong(5));
      assertEquals(0, under.timelines.scope().gate().holders().size());
    }
  }

  @Test
  void wait_forAnLsnThatDoesNotCome_isAnsweredInTime() throws Exception {
    PageServiceSettings hasty = new PageServiceSettings(
        ServiceUnderTest.PATIENT.listen(), 1, MINUTE, MINUTE, MINUTE, Duration.ofMillis(1));
    try (ServiceUnderTest under = new ServiceUnderTest(hasty); RawClient client = stream(under)) {
      client.send(getPage(LATEST, 0x2000, 1, 1), forkRequest(0, 1));
      assertEquals("the LSN 0/2000 did not come", error(client.read()));
      assertArrayEquals(new byte[] {100, 1}, client.read('d').body());
    }
  }

  @Test
  void wait_ofAClientThatSendsMore_goesOn() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = stream(under)) {
      client.send(getPage(LATEST, 0x2000, 1, 1));
      Await.until("the request waits", () -> under.timelines.waiting() == 1);
      for (int i = 0; i < 100; i++) {
        client.send(forkRequest(0, i)); // more than is read ahead
      }
      under.timelines.advance(0x2000);
      assertEquals(0x2000, ByteBuffer.wrap(client.read('d').body()).getLong(5));
      for (int i = 0; i < 100; i++) {
        assertArrayEquals(new byte[] {100, (byte) (i == 1 ? 1 : 0)}, client.read('d').body());
      }
      client.send(getPage(LATEST, 0x3000, 1, 1));
      Await.until("the request waits", () -> under.timelines.waiting() == 1);
      under.timelines.advance(0x3000);
      assertEquals(0x3000, ByteBuffer.wrap(client.read('d').body()).getLong(5));
    }
  }

  @Test
  void wait_ofAClientThatLeaves_ends() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest()) {
      for (int round = 0; round < 2; round++) {
        try (RawClient client = stream(under)) {
          if (round == 1) {
            client.send(forkRequest(0, 1));
            client.read('d');
          }
          client.send(getPage(LATEST, 0x2000, 1, 1));
          Await.until("the request waits", () -> under.timelines.waiting() == 1);
        }
        under.awaitNobody();
        assertEquals(0, under.timelines.waiting());
      }
    }
  }

  @Test
  void cancelRequest_endsTheCommandAndLeavesTheSession() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); RawClient client = under.connect()) {
      List<Answer> greeting = client.begin();
      ByteBuffer key = ByteBuffer.wrap(greeting.get(greeting.size() - 2).body());
      client.send(query(STREAM), getPage(LATEST, 0x2000, 1, 1));
      client.read('W');
      Await.until("the request waits", () -> under.timelines.waiting() == 1);
      cancel(under, key.getInt(0), key.getInt(4) + 1);
      assertEquals(1, under.timelines.waiting(), "a wrong secret");
      cancel(under, key.getInt(0), key.getInt(4));
      List<Answer> answers = client.untilReady();
      assertEquals("EZ", types(answers));
      assertEquals("57014", answers.getFirst().field('C'));
      assertEquals("TDCZ", client.typesOf("status"));
    }
  }

  private static void cancel(ServiceUnderTest under, int process, int secret) throws IOException {
    try (RawClient canceller = under.connect()) {
      canceller.send(ByteBuffer.allocate(16).putInt(16).putInt(CANCEL).putInt(process).putInt(secret).array());
      canceller.readToEnd();
    }
  }

  @Test
  void silence_endsTheSession() throws Exception {
    PageServiceSettings hasty = new PageServiceSettings(
        ServiceUnderTest.PATIENT.listen(), 1, MINUTE, Duration.ofMillis(1), MINUTE, MINUTE);
    try (ServiceUnderTest under = new ServiceUnderTest(hasty); RawClient client = under.start()) {
      client.readEnd("57P05");
      under.awaitNobody();
    }
  }

  @Test
  void handshake_thatTakesTooLong_isEnded() throws Exception {
    PageServiceSettings hasty = new PageServiceSettings(
        ServiceUnderTest.PATIENT.listen(), 1, Duration.ofMillis(1), MINUTE, MINUTE, MINUTE);
    try (ServiceUnderTest under = new ServiceUnderTest(hasty); RawClient client = under.connect()) {
      client.readEnd("57P05");
      under.awaitNobody();
    }
  }

  @Test
  void clients_beyondTheLimit_areRefused() throws Exception {
    PageServiceSettings few = new PageServiceSettings(ServiceUnderTest.PATIENT.listen(), 2,
        ServiceUnderTest.PATIENT.handshake(), ServiceUnderTest.PATIENT.silence(),
        ServiceUnderTest.PATIENT.farewell(), ServiceUnderTest.PATIENT.waitLsn());
    try (ServiceUnderTest under = new ServiceUnderTest(few); RawClient first = under.start()) {
      try (RawClient second = under.start(); RawClient third = under.connect()) {
        third.send(startup(3 << 16, "user", "me", ""));
        third.readEnd("53300");
        assertEquals("TDCZ", second.typesOf("status"));
      }
      Await.until("one has left", () -> under.service.sessions() == 1);
      try (RawClient again = under.start()) {
        assertEquals("TDCZ", again.typesOf("status"));
      }
      assertEquals("TDCZ", first.typesOf("status"));
    }
  }

  @Test
  void client_thatVanishes_leavesNothing() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest()) {
      under.connect().close();
      under.start().close();
      try (RawClient client = stream(under)) {
        client.send(new byte[] {'d', 0, 0});
      }
      under.awaitNobody();
    }
  }

  @Test
  void start_onATakenPort_saysWhich() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest()) {
      PageServiceSettings taken = PageServiceSettings.on(under.service.address());
      IOException refused = assertThrows(IOException.class,
          () -> PageService.start(under.server, under.timelines, taken));
      assertTrue(String.valueOf(refused.getMessage()).contains(":" + under.service.address().getPort()),
          refused::toString);
    }
  }
}
