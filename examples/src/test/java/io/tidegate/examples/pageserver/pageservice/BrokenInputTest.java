// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import io.tidegate.CancellationToken;
import io.tidegate.GateClosedException;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.pageservice.wire.ClientInput;
import io.tidegate.examples.pageserver.pageservice.wire.ProtocolViolationException;
import io.tidegate.examples.pageserver.pageservice.wire.ServerOutput;
import io.tidegate.testing.LeakCheck;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What broken and hostile clients send: 100,000 conversations, some thousand of them through sockets. */
@ExtendWith(LeakCheck.class)
@Timeout(300)
class BrokenInputTest {
  private static final int THROUGH_THE_SESSION = 97_000;
  private static final int THROUGH_SOCKETS = 3_000;
  private static final int SIDE_BY_SIDE = 8;
  private static final PageServiceSettings HASTY = new PageServiceSettings(
      ServiceUnderTest.PATIENT.listen(), 100, Duration.ofMinutes(10), Duration.ofMinutes(10), Duration.ofMinutes(10),
      Duration.ofNanos(1));

  private LogLines log;

  @BeforeEach
  void catchLog() {
    log = new LogLines();
  }

  @AfterEach
  void releaseLog() {
    log.close();
  }

  @Test
  void session_endsByARuleWhateverComes() throws Exception {
    try (Scope server = Scope.root("server")) {
      Scope watches = server.child("watches");
      Commands commands = new Commands(new FakeTimelines(server), HASTY.waitLsn(), new PageTraffic(() -> 0));
      int violations = 0;
      int opened = 0;
      for (int seed = 0; seed < THROUGH_THE_SESSION; seed++) {
        byte[] sent = new BrokenInput(seed).conversation();
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        try {
          WatchedInput bytes = new WatchedInput(inPieces(sent, seed), watches);
          ClientInput in = new ClientInput(bytes);
          in.opening();
          opened++;
          new Session(commands, in, new ServerOutput(received), bytes).serve(CancellationToken.none().child());
        } catch (ProtocolViolationException told) {
          violations++;
        } catch (EOFException cut) {
          // a client that closes in the middle
        } catch (Exception | Error other) {
          throw new AssertionError("seed " + seed, other);
        }
        checkWellFormed(seed, new ByteArrayInputStream(received.toByteArray()));
      }
      assertTrue(violations > THROUGH_THE_SESSION / 10, violations + " violations: the input is not broken enough");
      assertTrue(opened > THROUGH_THE_SESSION / 2, opened + " openings: the input is too broken to get further");
      watches.join();
      assertEquals(List.of(), server.tasks());
    }
    assertEquals(0, log.matching(event -> event.getLevel().isGreaterOrEqual(ch.qos.logback.classic.Level.WARN)).size());
  }

  private static InputStream inPieces(byte[] sent, long seed) {
    Random random = new Random(seed);
    InputStream all = new ByteArrayInputStream(sent);
    return new InputStream() {
      @Override
      public int read() throws IOException {
        return all.read();
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        return all.read(bytes, offset, Math.min(length, 1 + random.nextInt(200)));
      }
    };
  }

  private static void checkWellFormed(long seed, InputStream received) throws IOException {
    DataInputStream in = new DataInputStream(received);
    for (int type = in.read(); type >= 0; type = in.read()) {
      assertTrue("RSKZvTDCEInt123Wdc".indexOf(type) >= 0, "seed " + seed + ": " + (char) type);
      int length = in.readInt();
      assertTrue(length >= 4 && length < 10_000, "seed " + seed + ": length " + length);
      in.readFully(new byte[length - 4]);
    }
  }

  @Test
  void sockets_ofBrokenClients_leaveNothing() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(HASTY)) {
      exchange(under, -1); // whatever is loaded on first use
      under.awaitNobody();
      long before = openFiles();
      try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> parts = new ArrayList<>();
        for (int i = 0; i < SIDE_BY_SIDE; i++) {
          int first = i;
          parts.add(clients.submit(() -> {
            for (int seed = first; seed < THROUGH_SOCKETS; seed += SIDE_BY_SIDE) {
              exchange(under, seed);
            }
            return null;
          }));
        }
        for (Future<?> part : parts) {
          part.get();
        }
      }
      under.awaitNobody();
      Await.until("all sockets are closed", () -> openFiles() <= before);
      try (RawClient client = under.start()) {
        assertEquals("TDCZ", client.typesOf("status"));
      }
    }
    assertEquals(List.of(), log.lines(ch.qos.logback.classic.Level.WARN));
  }

  /** Sends all, and reads what comes until the server closes. */
  private static void exchange(ServiceUnderTest under, int seed) throws IOException, GateClosedException {
    byte[] sent = new BrokenInput(seed).conversation();
    try (RawClient client = under.connect()) {
      client.send(sent);
      client.endOutput();
      client.readToEnd();
    }
  }

  private static long openFiles() {
    return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount();
  }
}
