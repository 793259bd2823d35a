// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.Closeable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The samples of the documentation do what they say. */
class SnippetsTest {
  private final Trail trail = new Trail();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Closeable socket = closed::countDown;

  /** S8: ingest stops, then all is flushed, then the layers are released. */
  @Test
  void scope_sample_closesInOrder() {
    CloseReport report = Snippets.scope(new Timeline(), UUID.randomUUID());
    assertTrue(report.isOrderly(), report::toString);
    assertEquals(List.of("ingest ended", "flushed", "flush loop ended", "released"), trail.events());
    assertEquals("pageserver/tenant/timeline", report.path());
    assertEquals("pageserver/tenant/timeline/walreceiver", report.children().getFirst().path());
  }

  /** T7: the sample's time is over, so it ends; it may have taken the registration back before the socket was closed. */
  @Test
  void token_sampleTimesOut_ends() throws Exception {
    try (Scope connection = Scope.root("connection")) {
      Snippets.token(connection, socket, Duration.ZERO);
    }
  }

  /** T6, T10: a cancel from above ends the sample's sleep and closes its socket. */
  @Test
  void token_sampleIsCancelled_endsAndClosesTheSocket() throws Exception {
    try (Scope connection = Scope.root("connection")) {
      SideThread sample = SideThread.startParked(
          () -> assertThrows(CancelledException.class, () -> Snippets.token(connection, socket, Duration.ofDays(1))));
      connection.cancel("client has gone");
      sample.join();
      closed.await();
    }
  }

  /** G2: the sample deletes the file only after the one inside has left. */
  @Test
  void gate_sample_deletesAfterTheLastHolder(@TempDir Path directory) throws Exception {
    Path layer = Files.createFile(directory.resolve("layer"));
    Gate files = Gate.create("files");
    Gate.Guard reader = files.enter("reader");
    SideThread sample = SideThread.start(() -> Snippets.gate(files, layer));
    SideThread.until(files::isClosing);
    Blocked.until(sample.thread());
    assertTrue(Files.exists(layer));
    reader.close();
    sample.join();
    assertFalse(Files.exists(layer));
  }

  private final class Timeline implements Snippets.Ingest {
    private final CountDownLatch receiving = new CountDownLatch(1);
    private final CountDownLatch flushed = new CountDownLatch(1);

    @Override
    public void receive(CancellationToken token) throws Exception {
      receiving.countDown();
      try {
        token.awaitCancelled();
      } finally {
        trail.add("ingest ended");
      }
    }

    @Override
    public void flushLoop(CancellationToken token) throws Exception {
      flushed.await();
      trail.add("flush loop ended");
    }

    @Override
    public void freezeAndFlush() throws Exception {
      receiving.await();
      trail.add("flushed");
      flushed.countDown();
    }

    @Override
    public void close() {
      trail.add("released");
    }
  }
}
