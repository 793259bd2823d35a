// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a recording has of cancels and closes. */
@ExtendWith(LeakCheck.class)
class FlightEventsTest {
  private static final AttributeKey<String> TENANT = new AttributeKey<>("tenant_id", String.class);

  @TempDir
  private Path folder;

  private List<RecordedEvent> recorded(String name, CloseStep work) throws Exception {
    Path file = folder.resolve("recording.jfr");
    try (Recording recording = new Recording()) {
      recording.start();
      work.run();
      recording.stop();
      recording.dump(file);
    }
    return read(file).stream().filter(event -> event.getEventType().getName().equals("io.tidegate." + name)).toList();
  }

  private static List<RecordedEvent> read(Path file) throws IOException {
    return RecordingFile.readAllEvents(file);
  }

  private static List<RecordedEvent> with(List<RecordedEvent> events, String field, String value) {
    return events.stream().filter(event -> event.getString(field).equals(value)).toList();
  }

  @Test
  void cancel_ofAToken_isRecordedOnce() throws Exception {
    CancellationToken token = CancellationToken.create();
    List<RecordedEvent> events = recorded("TokenCancel", () -> {
      CancellationToken child = token.child();
      CancelReason.Code code = CancelReason.Code.FAILED;
      token.cancel(CancelReason.of(code, "of the test", new IOException("disk full")));
      token.cancel();
      assertTrue(child.isCancelled());
    });
    RecordedEvent event = with(events, "text", "of the test").getFirst();
    assertEquals("FAILED", event.getString("code"));
    assertEquals("", event.getString("scope"));
    assertEquals("thread " + Thread.currentThread().getName(), event.getString("source"));
    assertTrue(event.getString("cause").contains("disk full"), event::toString);
    assertEquals(1, with(events, "text", "of the test").size());
  }

  @Test
  void cancel_byADeadline_isRecorded() throws Exception {
    List<RecordedEvent> events = recorded("TokenCancel", () -> {
      CancellationToken token = CancellationToken.create().withTimeout(Duration.ofNanos(1));
      SideThread.until(token::isCancelled);
    });
    assertEquals(1, with(events, "code", "DEADLINE").size(), events::toString);
  }

  @Test
  void close_ofAScope_isRecordedWithItsCancel() throws Exception {
    Scope server = Scope.newRoot("recorded").with(TENANT, "seven").open();
    Logs logs = Logs.of(Scope.class);
    List<RecordedEvent> closes = recorded("ScopeClose", () -> {
      Scope child = server.child("child");
      server.onClosed("fails", () -> {
        throw new IOException("of the test");
      });
      child.spawn(Work.READ, CancellationToken::awaitCancelled);
      server.close();
    });
    logs.close();
    RecordedEvent own = with(closes, "path", "recorded").getFirst();
    assertEquals("tenant_id=seven", own.getString("attributes"));
    assertEquals("thread " + Thread.currentThread().getName(), own.getString("closer"));
    assertEquals(0, own.getInt("waitedFor"));
    assertEquals(1, own.getInt("stepsNotDone"));
    assertFalse(own.getDuration("elapsed").isNegative());
    RecordedEvent below = with(closes, "path", "recorded/child").getFirst();
    assertEquals(1, below.getInt("waitedFor"));
    assertEquals(0, below.getInt("stepsNotDone"));
    assertEquals(0, recorded("GateClose", () -> Scope.root("other").close()).size());
  }

  @Test
  void cancel_ofAScope_namesIt() throws Exception {
    Scope server = Scope.root("recorded");
    List<RecordedEvent> cancels = recorded("TokenCancel", server::close);
    RecordedEvent own = with(cancels, "scope", "recorded").getFirst();
    assertEquals("CLOSED", own.getString("code"));
  }

  @Test
  void close_ofAGate_isRecorded() throws Exception {
    List<RecordedEvent> closes = recorded("GateClose", () -> {
      Gate files = Gate.create("recorded files");
      Gate.Guard guard = files.enter("reader");
      SideThread closer = SideThread.startParked(files::close);
      guard.close();
      closer.join();
    });
    RecordedEvent own = with(closes, "path", "recorded files").getFirst();
    assertEquals(1, own.getInt("waitedFor"));
  }
}
