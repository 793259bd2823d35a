// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import io.tidegate.CancellationToken;
import io.tidegate.CloseReport;
import io.tidegate.GateClosedException;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.management.StatusDisplay;
import io.tidegate.examples.pageserver.management.api.ManagementApi;
import io.tidegate.examples.pageserver.management.http.HttpServer;
import io.tidegate.examples.pageserver.pageservice.PageService;
import io.tidegate.examples.pageserver.remote.FolderStore;
import io.tidegate.examples.pageserver.remote.RemoteStore;
import io.tidegate.examples.pageserver.source.LocalPostgres;
import io.tidegate.examples.pageserver.source.PostgresSource;
import io.tidegate.examples.pageserver.source.SourceException;
import io.tidegate.examples.pageserver.source.Workload;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pauses;
import io.tidegate.examples.pageserver.tenant.Clusters;
import io.tidegate.examples.pageserver.tenant.Services;
import io.tidegate.examples.pageserver.tenant.Tenants;
import io.tidegate.examples.pageserver.timeline.OpenLayerLimit;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.timeline.TimelineServices;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server: the root of all scopes.
 *
 * <pre>
 * pageserver
 *   sources            starting PostgreSQL servers of its own, their workload, attaching: closed first
 *   postgres-…         one for each PostgreSQL of its own, which stops when this closes
 *   tenants
 *     operations       what creates, attaches, detaches and deletes tenants
 *     tenant-…         one for each tenant: what brings it up, what deletes its timelines
 *       timeline-…     one for each timeline: flush task, upload task, and the tasks for each layer written or uploaded
 *         walreceiver  manager task, one task for each source; below it handler and poller, the connection
 *   page-service       its listener is closed first of all, its clients after the tenants
 *   management         the status display: closed last, so that it shows the rest closing
 *     http             the management API: its listener, and a task for each request
 * </pre>
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class Pageserver {
  private static final Logger log = LoggerFactory.getLogger(Pageserver.class);

  private static final int LOCAL_SERVERS = 2;
  /** The budget of the server's own close ends this one. */
  private static final Duration UNTIL_THE_SERVER_CLOSES_HARD = Duration.ofDays(1);

  private static final Duration WORKLOAD_PAUSE = Duration.ofMillis(20);

  private final Scope scope;
  private final Scope sources;
  private final Tenants tenants;
  private final Clusters clusters;
  private final Consumer<Throwable> onFailure;
  /** Written once, before the server is shared. */
  private @Nullable PageService pages;

  private Pageserver(Settings settings, Consumer<Throwable> onFailure) {
    this.onFailure = onFailure;
    this.scope = Scope.newRoot("pageserver").onFatal((task, error) -> onFailure.accept(error)).open();
    this.sources = scope.child("sources");
    this.tenants = new Tenants(scope, services(settings));
    this.clusters = new Clusters(tenants);
  }

  private static Services services(Settings settings) {
    Disk disk = Disk.real();
    RemoteStore remote = new FolderStore(settings.remote(), disk);
    TimelineServices timelines = TimelineServices.create(OpenLayerLimit.of(settings.openLayersBytes()));
    return new Services(settings.data().resolve("tenants"), disk, remote, settings.defaults(), timelines);
  }

  /**
   * Starts a server. It attaches to its sources as soon as they answer, and goes on trying as long as they do not.
   *
   * @param settings what it is to do
   * @param onFailure told when the server cannot go on as it should; decides what becomes of it
   * @return the server
   * @throws IOException if another process uses its folder, or what it has stored cannot be read
   * @throws InterruptedException if the thread is interrupted
   */
  static Pageserver start(Settings settings, Consumer<Throwable> onFailure) throws IOException, InterruptedException {
    Pageserver server = new Pageserver(settings, onFailure);
    try {
      server.lockFolder(settings.data());
      server.startPages(settings);
      server.startManagement(settings);
      server.tenants.load();
      server.startSources(settings);
      return server;
    } catch (Throwable failed) {
      server.closeHard();
      throw failed;
    }
  }

  /** Keeps other pageservers away; the first close step is the last to run, when nothing is written any more. */
  private void lockFolder(Path data) throws IOException {
    Disk disk = Disk.real();
    disk.createFolder(data);
    Closeable lock = disk.lock(data.resolve("lock"));
    scope.onClosed("unlock folder", lock::close);
  }

  /** Before the tenants are there, so that a port that is taken is found first; clients are told to wait. */
  private void startPages(Settings settings) throws IOException {
    PageService service = PageService.start(scope, tenants, settings.pages());
    pages = service;
    scope.onDrain("stop accepting page clients", service::stopAccepting);
  }

  /** Before the tenants are there, for the same reason: what it is asked of them is answered with 503. */
  private void startManagement(Settings settings) throws IOException {
    Scope management = scope.child("management");
    management.spawn(Kind.STATUS, new StatusDisplay(scope, tenants, settings.statusPeriod())::run);
    HttpServer http = ManagementApi.start(
        management,
        settings.http(),
        new ManagementApi.Subject(scope, tenants, Objects.requireNonNull(pages).traffic(), settings.testing()));
    log.info("management API at http://{}:{}", http.address().getHostString(), http.address().getPort());
    scope.onDrain("stop sources", sources::close);
    scope.onDrain("close tenants", () -> tenants.scope().closeGracefully(UNTIL_THE_SERVER_CLOSES_HARD));
    scope.onDrain("end page clients", Objects.requireNonNull(pages)::close);
    scope.onDrain("stop management", management::close);
  }

  private void startSources(Settings settings) {
    if (settings.sources().isEmpty()) {
      for (int number = 1; number <= LOCAL_SERVERS; number++) {
        String name = "postgres-" + number;
        Path folder = settings.data().resolve("postgres").resolve(name);
        Scope postgres = scope.child(name);
        sources.spawn(Kind.LOCAL_POSTGRES, token -> startLocal(postgres, folder, token));
      }
    }
    settings.sources().forEach(this::startAttach);
  }

  private void startAttach(PostgresSource source) {
    sources.spawn(Kind.SOURCE_ATTACH, token -> {
      try {
        attach(source, token);
      } catch (IOException | IllegalArgumentException failed) {
        onFailure.accept(failed);
        throw failed;
      }
    });
  }

  private void startLocal(Scope postgres, Path folder, CancellationToken token) throws Exception {
    log.info("starting a PostgreSQL in {}; the first start takes a few seconds", folder);
    try {
      LocalPostgres local = token.interruptibly(() -> LocalPostgres.start(folder));
      stopWith(postgres, local);
      PostgresSource source = PostgresSource.of(local.connectionString());
      sources.spawn(Kind.WORKLOAD, workloadToken -> runWorkload(source, workloadToken));
      startAttach(source);
    } catch (SourceException failed) {
      onFailure.accept(failed);
      throw failed;
    }
  }

  /** Makes a server of our own end with its scope, also where that has closed while the server was starting. */
  private static void stopWith(Scope postgres, LocalPostgres local) {
    try {
      postgres.onClosed("stop PostgreSQL", local::close);
    } catch (GateClosedException tooLate) {
      local.close();
      throw tooLate;
    }
  }

  private void attach(PostgresSource source, CancellationToken token) throws Exception {
    int failures = 0;
    while (true) {
      try {
        Timeline timeline = token.interruptibly(() -> clusters.attach(source));
        log.info("{} receives from {}", timeline.scope().path(), source.where());
        return;
      } catch (SourceException failed) {
        Duration pause = Pauses.after(++failures);
        log.warn("{}; next attempt in {} ms", failed.getMessage(), pause.toMillis());
        token.sleep(pause);
      }
    }
  }

  private static void runWorkload(PostgresSource source, CancellationToken token) throws Exception {
    int failures = 0;
    while (true) {
      try (Connection connection = token.interruptibly(source::connect)) {
        token.interruptibly(() -> prepared(connection));
        failures = 0;
        write(connection, token);
      } catch (SourceException | SQLException failed) {
        Duration pause = Pauses.after(++failures);
        log.warn("the workload of {} failed: {}; next attempt in {} ms", source.where(), failed.getMessage(), pause.toMillis());
        token.sleep(pause);
      }
    }
  }

  private static boolean prepared(Connection connection) throws SQLException {
    Workload.prepare(connection);
    return true;
  }

  private static void write(Connection connection, CancellationToken token) throws Exception {
    Random random = new Random();
    while (true) {
      int rows = token.interruptibly(() -> Workload.step(connection, random));
      log.trace("wrote {} rows", rows);
      token.sleep(WORKLOAD_PAUSE);
    }
  }

  /** Closes in order: stops the ingest, freezes and flushes, releases; what does not end within the budget is told. */
  CloseReport close(Duration budget) {
    return scope.closeGracefully(budget);
  }

  /** Closes the hard way: what is in memory only is left to be received again. */
  void closeHard() {
    scope.close();
  }

  /** {@return all tenants} */
  Tenants tenants() {
    return tenants;
  }

  /** {@return where the page service listens} */
  InetSocketAddress pageAddress() {
    return Objects.requireNonNull(pages).address();
  }

  /** {@return the timelines of all tenants} */
  List<Timeline> timelines() {
    return tenants.timelines();
  }

  /** {@return what runs now} */
  List<Task<?>> tasks() {
    return scope.tasks();
  }
}
