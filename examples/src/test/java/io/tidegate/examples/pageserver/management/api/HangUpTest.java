// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import static io.tidegate.examples.pageserver.management.api.TestApi.TENANT;
import static io.tidegate.examples.pageserver.management.api.TestApi.TENANT_ID;
import static io.tidegate.examples.pageserver.management.api.TestApi.TIMELINE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.CloseReport;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.management.api.TestApi.Answer;
import io.tidegate.examples.pageserver.remote.RemoteStore;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import io.tidegate.testing.LeakCheck;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of operations whose client leaves, which meet another one, or which meet the server's close. */
@ExtendWith(LeakCheck.class)
@Timeout(300)
class HangUpTest {
  @TempDir
  Path folder;

  private final LogLines log = new LogLines();
  private final CountDownLatch mayClose = new CountDownLatch(1);
  private TestApi api;

  @BeforeEach
  void start() throws Exception {
    api = new TestApi(folder);
    api.createTimeline();
  }

  @AfterEach
  void close() {
    mayClose.countDown();
    List.copyOf(Faults.armed()).forEach(Fault::close);
    api.close();
    assertEquals(List.of(), log.lines(Level.ERROR));
    log.close();
  }

  @Test
  void deletion_whoseClientHangsUp_comesToItsEnd() throws Exception {
    Fault held = Faults.at(RemoteStore.DELETE).pause();
    Process curl = api.curl("DELETE", TIMELINE);
    held.awaitReached();
    curl.destroyForcibly();
    Await.until("the server has seen it", () -> log.contains("request was dropped before completing: DELETE " + TIMELINE));
    Await.until("the handler has ended", () -> api.running(Kind.MANAGEMENT_REQUEST) == 0);
    api.expect(409, "DELETE", TIMELINE, "");
    held.close();
    Await.until("it is deleted", () -> api.get(TIMELINE).status() == 404);
    api.expect(404, "DELETE", TIMELINE, "");
  }

  @Test
  void deletion_whileAnotherOneRuns_isAConflictUntilThatHasEnded() throws Exception {
    Fault held = Faults.at(RemoteStore.DELETE).pause();
    CompletableFuture<Answer> first = api.begin("DELETE", TIMELINE, "");
    held.awaitReached();
    api.expect(409, "DELETE", TIMELINE, "");
    assertEquals("Stopping", api.expect(200, "GET", TIMELINE, "").state());
    held.close();
    assertEquals(200, first.join().status());
    api.expect(404, "DELETE", TIMELINE, "");
  }

  @Test
  void detach_whileTheTenantIsFetched_doesNotWaitForThat() throws Exception {
    api.expect(200, "POST", TENANT + "/detach", "");
    Fault held = Faults.at(RemoteStore.DOWNLOAD).pause();
    api.expect(202, "POST", TENANT + "/attach", "");
    assertEquals("Attaching", api.expect(200, "GET", TENANT, "").state());
    api.expect(503, "POST", TENANT + "/timeline", "{}");
    api.expect(200, "POST", TENANT + "/detach?flush_ms=0", "");
    held.close();
    api.expect(202, "POST", TENANT + "/attach", "");
    api.awaitActive(TENANT);
    api.expect(200, "GET", TIMELINE, "");
  }

  @Test
  void tenant_thatAnOperationHas_isUnavailableAndNotMissing() throws Exception {
    Fault held = Faults.at(RemoteStore.DELETE).pause();
    CompletableFuture<Answer> deletion = api.begin("DELETE", TENANT, "");
    held.awaitReached();
    Answer busy = api.ask("POST", TENANT + "/timeline", "{}");
    assertTrue(busy.status() == 503 || busy.status() == 409, busy::toString);
    api.expect(200, "GET", TENANT, "");
    held.close();
    assertEquals(200, deletion.join().status());
    api.expect(404, "GET", TENANT, "");
  }

  @Test
  void close_keepsTheStatusVisibleAndNeverSaysThatSomethingIsMissing() throws Exception {
    api.tenants.find(TenantId.parse(TENANT_ID)).scope()
        .onDrain("wait for the test", mayClose::await);
    CompletableFuture<CloseReport> closing =
        CompletableFuture.supplyAsync(api::closeInOrder, closer -> Thread.ofPlatform().start(closer));
    Await.until("closing has begun", api.root::isClosing);
    api.expect(200, "GET", "/v1/status", "");
    api.expect(200, "GET", "/v1/tenant", "");
    Await.until("the tree shows it", () -> api.get("/v1/tasks?format=text").body().contains("wait for the test"));
    api.expect(200, "GET", "/", "");
    api.expect(503, "POST", "/v1/tenant", "{}");
    api.expect(503, "POST", TENANT + "/timeline", "{}");
    api.expect(503, "GET", "/v1/tenant/" + "c".repeat(32), "");
    mayClose.countDown();
    assertTrue(closing.join().isOrderly(), () -> closing.join().toString());
  }

  @Test
  void close_whileAnOperationHangs_answersItWithUnavailable() throws Exception {
    Fault held = Faults.at(RemoteStore.DELETE).pause();
    CompletableFuture<Answer> deletion = api.begin("DELETE", TENANT, "");
    held.awaitReached();
    CloseReport report = api.closeInOrder();
    assertTrue(report.isOrderly(), report::toString);
    assertEquals(503, deletion.join().status(), deletion.join()::body);
  }
}
