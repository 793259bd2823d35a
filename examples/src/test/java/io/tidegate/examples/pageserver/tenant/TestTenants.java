// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tidegate.CancellationToken;
import io.tidegate.CloseReport;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.remote.FolderStore;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.storage.LayerRecord;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.timeline.TimelineServices;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;

/** The tenants of a server without anything else, on a folder with a remote store beside it. */
final class TestTenants implements AutoCloseable {
  static final TenantId TENANT = new TenantId(1, 2);
  static final TimelineId TIMELINE = new TimelineId(3, 4);
  static final TimelineId BRANCH = new TimelineId(5, 6);
  static final Duration BUDGET = Duration.ofMinutes(1);

  final Scope server = Scope.root("server");
  final Path folder;
  final Tenants tenants;

  private TestTenants(Path folder, Disk disk) {
    this.folder = folder;
    FolderStore remote = new FolderStore(folder.resolveSibling("remote"), disk);
    this.tenants = new Tenants(server, new Services(folder, disk, remote, TenantConfig.EMPTY, TimelineServices.create()));
  }

  /** Starts on what is in a folder, with the remote store beside it. */
  static TestTenants start(Path folder) throws Exception {
    return start(folder, Disk.real());
  }

  static TestTenants start(Path folder, Disk disk) throws Exception {
    TestTenants started = unloaded(folder, disk);
    started.tenants.load();
    return started;
  }

  static TestTenants unloaded(Path folder, Disk disk) {
    return new TestTenants(folder, disk);
  }

  Tenant create() throws Exception {
    return tenants.create(TENANT, TenantConfig.EMPTY);
  }

  /** A tenant with a timeline. */
  Timeline createTimeline() throws Exception {
    return create().createTimeline(TimelineMetadata.of(TENANT, TIMELINE, SampleRecords.START));
  }

  Tenant active(TenantId id) throws Exception {
    Tenant tenant = tenants.find(id);
    tenant.awaitActive(Duration.ofMinutes(1), CancellationToken.none());
    return tenant;
  }

  static void put(Timeline timeline, int count) throws Exception {
    SampleRecords.ingest(timeline, SampleRecords.plain(count, 1_000));
  }

  CloseReport closeInOrder() {
    return server.closeGracefully(BUDGET);
  }

  @Override
  public void close() {
    server.close();
  }

  static RefusedException.Why refusal(Executable call) {
    return assertThrows(RefusedException.class, call).why();
  }

  static void assertRefused(RefusedException.Why why, Executable call) {
    assertEquals(why, refusal(call));
  }

  Path timelineFolder() {
    return folder.resolve(TENANT.toString()).resolve(TIMELINE.toString());
  }

  /** {@return all files below a folder; none if there is no such folder} */
  static List<String> files(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).map(each -> folder.relativize(each).toString()).sorted().toList();
    }
  }

  /** {@return the names of the files that a remote store has wholly: an upload may go on beside} */
  static List<String> uploaded(Path remote) throws IOException {
    return files(remote).stream().filter(each -> !each.endsWith(".tmp")).toList();
  }

  /** {@return all records of a timeline that nobody has open} */
  static List<LayerRecord> records(Path timeline) throws IOException {
    List<LayerRecord> records = new ArrayList<>();
    try (LayerStore store = LayerStore.open(timeline)) {
      for (var layer : store.layers()) {
        layer.forEach((endLsn, bytes) -> records.add(new LayerRecord(endLsn, copy(bytes))));
      }
    }
    return records;
  }

  private static ByteBuffer copy(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return ByteBuffer.wrap(copy);
  }
}
