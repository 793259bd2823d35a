// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CloseReport;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.config.TenantConfig.Setting;
import io.tidegate.examples.pageserver.pageservice.PageServiceSettings;
import io.tidegate.examples.pageserver.source.PostgresSource;
import io.tidegate.examples.pageserver.tenant.Tenants;
import io.tidegate.examples.pageserver.timeline.OpenLayerLimit;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A pageserver in the test's own JVM; closed the hard way where the test has not closed it in order. */
final class TestServer implements AutoCloseable {
  /** Freezes after a quarter of a MiB. */
  static final TenantConfig SMALL_LAYERS = TenantConfig.EMPTY
      .with(Setting.CHECKPOINT_DISTANCE, "" + (1 << 18))
      .with(Setting.COMPACTION_PERIOD, "0s"); // a Ledger counts all records; compaction drops those that belong to no page


  /** Keeps everything in memory until the close. */
  static final TenantConfig ALL_IN_MEMORY =
      TenantConfig.EMPTY.with(Setting.CHECKPOINT_DISTANCE, "" + (1 << 30)).with(Setting.CHECKPOINT_TIMEOUT, "1h");

  private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  private static final PageServiceSettings PAGES = new PageServiceSettings(
      ANY_PORT, 100, Duration.ofMinutes(1), Duration.ofMinutes(10), Duration.ofMinutes(1), Duration.ofMinutes(1));
  private static final Duration BUDGET = Duration.ofSeconds(20);

  private final Pageserver server;
  private final List<Throwable> failures;

  private TestServer(Pageserver server, List<Throwable> failures) {
    this.server = server;
    this.failures = failures;
  }

  static TestServer start(Path data, TenantConfig defaults, String... sources)
      throws IOException, InterruptedException {
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    List<PostgresSource> parsed = Stream.of(sources).map(PostgresSource::of).toList();
    Settings settings = new Settings(
        data, data.resolveSibling("remote"), parsed, defaults, OpenLayerLimit.usual(), Duration.ofHours(1), PAGES, ANY_PORT,
        false);
    return new TestServer(Pageserver.start(settings, failures::add), failures);
  }

  /** {@return its tenants} */
  Tenants tenants() {
    return server.tenants();
  }

  /** {@return where its page service listens} */
  InetSocketAddress pages() {
    return server.pageAddress();
  }

  /** {@return what made the server give up} */
  List<Throwable> failures() {
    return failures;
  }

  /** {@return the timeline that receives from a port, once it is attached} */
  Timeline timeline(int port) throws Exception {
    Await.until("the timeline of port " + port + " is attached", () -> find(port).isPresent());
    return find(port).orElseThrow();
  }

  Timeline timeline(TestDatabase database) throws Exception {
    return timeline(database.server().port());
  }

  List<Timeline> timelines() {
    return server.timelines();
  }

  private Optional<Timeline> find(int port) {
    return server.timelines().stream()
        .filter(each -> each.walReceiver().map(receiver -> receiver.where().endsWith(":" + port)).orElse(false))
        .findFirst();
  }

  /** Waits until a timeline has all records up to a position. */
  static void awaitRecords(Timeline timeline, Lsn end) throws Exception {
    Await.until(timeline.scope().path() + " is at " + end, () -> !timeline.lastRecordLsn().isBefore(end));
  }

  /** Closes in order and checks that it was so. */
  CloseReport closeInOrder() {
    CloseReport report = server.close(BUDGET);
    assertTrue(report.isOrderly(), report::toString);
    assertEquals(List.of(), everybodyLeft(report).toList(), report::toString);
    assertEquals(List.of(), server.tasks());
    assertEquals(List.of(), failures);
    return report;
  }

  private static Stream<Object> everybodyLeft(CloseReport report) {
    return Stream.concat(report.left().stream(), report.children().stream().flatMap(TestServer::everybodyLeft));
  }

  void closeHard() {
    server.closeHard();
    assertEquals(List.of(), server.tasks());
  }

  @Override
  public void close() {
    server.closeHard();
  }
}
