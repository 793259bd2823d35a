// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import static io.tidegate.examples.pageserver.management.api.TestApi.TENANT_ID;
import static io.tidegate.examples.pageserver.management.api.TestApi.TIMELINE;
import static io.tidegate.examples.pageserver.management.api.TestApi.TIMELINE_ID;
import static io.tidegate.examples.pageserver.wal.SampleRecords.TABLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.remote.RemoteStore;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.SampleLog;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import io.tidegate.testing.LeakCheck;
import java.io.StringReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** What the page for people shows. */
@ExtendWith(LeakCheck.class)
@Timeout(300)
class StatusPageTest {
  private static final XPath PATHS = XPathFactory.newInstance().newXPath();

  @TempDir
  Path folder;

  private TestApi api;
  private Timeline timeline;

  @BeforeEach
  void start() throws Exception {
    api = new TestApi(folder);
    timeline = api.createTimeline();
  }

  @AfterEach
  void close() {
    api.close();
  }

  /** {@return what the page is filled with, which is checked to be well-formed} */
  private Document content() throws Exception {
    String html = api.expect(200, "GET", "/content", "").body();
    return DocumentBuilderFactory.newInstance().newDocumentBuilder()
        .parse(new InputSource(new StringReader("<main>" + html + "</main>")));
  }

  private static List<String> texts(Document content, String path) throws Exception {
    NodeList found = (NodeList) PATHS.evaluate(path, content, XPathConstants.NODESET);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < found.getLength(); i++) {
      texts.add(Objects.requireNonNull(found.item(i)).getTextContent());
    }
    return texts;
  }

  /** {@return the cells of the timeline's row, without those that are drawn} */
  private List<String> row() throws Exception {
    return texts(content(), "//tr[td/@title='" + TIMELINE_ID + "']/td[normalize-space()]");
  }

  private List<String> tenantStates() throws Exception {
    return texts(content(), "//tr[td/@title='" + TENANT_ID + "']/td/span[contains(@class,'state')]");
  }

  @Test
  void page_needsNothingFromElsewhere() {
    String page = api.expect(200, "GET", "/", "").body();
    assertTrue(page.contains("Tenants and timelines") && page.contains("fetch('/content'"), page);
    assertFalse(page.contains("http://") || page.contains("https://") || page.contains("src="), page);
  }

  @Test
  void timeline_isShownWithStatePositionsAndSizes() throws Exception {
    assertEquals(List.of("active"), tenantStates());
    SampleRecords.ingest(timeline, new SampleLog().create(TABLE).touch(TABLE, 1).records());
    long log = timeline.lastRecordLsn().minus(SampleRecords.START);
    String inMemory = log + " B";
    assertEquals(
        List.of("bbbbbbbb", "active", timeline.lastRecordLsn().toString(), inMemory, inMemory, "1 + 0", "0 B"), row());
    try (Fault held = Faults.at(RemoteStore.UPLOAD).pause()) {
      api.flush();
      held.awaitReached();
      assertEquals(List.of("0 B", inMemory, "0 + 1"), row().subList(3, 6));
    }
    timeline.logicalSize().await();
    Await.until("it is uploaded", () -> row().get(4).equals("0 B"));
    assertEquals("16.0 KiB", row().getLast());
  }

  @Test
  void timeline_thatIsBeingDeleted_isStoppingUntilItHasGone() throws Exception {
    Fault held = Faults.at(RemoteStore.DELETE).pause();
    CompletableFuture<TestApi.Answer> deletion = api.begin("DELETE", TIMELINE, "");
    held.awaitReached();
    assertEquals("stopping", row().get(1));
    held.close();
    assertEquals(200, deletion.join().status());
    assertEquals(List.of(), row());
  }

  @Test
  void tenant_thatCannotBeAttached_isBrokenWithTheReason() throws Exception {
    String unknown = "c".repeat(32);
    api.expect(202, "POST", "/v1/tenant/" + unknown + "/attach", "");
    String state = "//tr[td/@title='" + unknown + "']/td/span[@class='state bad']";
    Await.until("it is broken", () -> !texts(content(), state).isEmpty());
    String shown = texts(content(), state).getFirst();
    assertTrue(shown.startsWith("broken: tenant " + unknown + " is not in"), shown);
  }

  @Test
  void pools_areShownWithTheirNumbers() throws Exception {
    Document content = content();
    assertEquals(List.of("compute", "mgmt", "walreceiver", "background", "io", "remote"),
        texts(content, "//tr[@data-pool]/td[1]"));
    for (String cell : texts(content, "//tr[@data-pool]/td[position() > 1 and position() < 6]")) {
      assertTrue(cell.matches("[0-9]+|\\?"), cell);
    }
    for (String cell : texts(content, "//tr[@data-pool]/td[6]")) {
      assertTrue(cell.matches("[0-9]+\\.[0-9]{2} s"), cell);
    }
  }

  @Test
  void tasks_areShownInTheTreeOfScopes() throws Exception {
    Document content = content();
    String child = "/li[span='%s']/ul";
    String path = "//ul[@class='tree wide']" + String.format(child, "server") + String.format(child, "tenants")
        + String.format(child, "tenant-aaaaaaaa") + "/li[span='timeline-bbbbbbbb']";
    assertTrue(texts(content, path + "/div/span[@class='kind']").contains("LAYER_FLUSH"), path);
    assertEquals(List.of("HTTP_LISTENER", "MANAGEMENT_REQUEST"),
        texts(content, "//li[span='http']/div/span[@class='kind']"));
    assertEquals(1, texts(content, "//div[contains(., 'GET /content')]").size());
  }

  @Test
  void text_fromOutside_isNoMarkup() throws Exception {
    Fault held = Faults.at("test.held").pause();
    api.root.newTask(Kind.STATUS).name("<script>alert(\"1\" & '2')</script>").spawn(token -> Faults.point("test.held"));
    held.awaitReached();
    assertEquals(1, texts(content(), "//div[contains(., \"<script>alert(\")]").size());
    assertEquals(List.of(), texts(content(), "//script"));
    held.close();
  }

  @Test
  void server_thatCloses_showsIt() throws Exception {
    try (Fault held = Faults.at("test.held").pause()) {
      timeline.scope().onDrain("wait for the test", () -> Faults.point("test.held"));
      CompletableFuture<Boolean> closing = CompletableFuture.supplyAsync(
          () -> api.root.closeGracefully(Duration.ofMinutes(1)).isOrderly(), closer -> Thread.ofPlatform().start(closer));
      held.awaitReached();
      assertEquals("closing", texts(content(), "//p/span").getFirst());
      assertTrue(texts(content(), "//li[span='server']/span[@class='state warn']").contains("draining"));
      held.resume();
      assertTrue(closing.join());
    }
  }
}
