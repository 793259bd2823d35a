// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.Scope;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.source.PostgresSource;
import io.tidegate.examples.pageserver.source.ServerIdentity;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.timeline.Checkpointing;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All tenants of the server, each in a folder named by its id.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class Tenants {
  private static final Logger log = LoggerFactory.getLogger(Tenants.class);

  private final Scope server;
  private final Path folder;
  private final Checkpointing checkpointing;
  private final List<Tenant> tenants = new CopyOnWriteArrayList<>();
  /** Held while a source is attached: two attaches of one cluster must find one timeline. */
  private final ReentrantLock attaching = new ReentrantLock();

  /**
   * Makes the list of tenants, empty.
   *
   * @param server the server's scope
   * @param folder where the tenants' folders are
   * @param checkpointing when layers are frozen
   */
  public Tenants(Scope server, Path folder, Checkpointing checkpointing) {
    this.server = server;
    this.folder = folder;
    this.checkpointing = checkpointing;
  }

  /**
   * Loads all tenants that the folder holds.
   *
   * @throws IOException if one cannot be read; the message names the file
   * @throws InterruptedException if the thread is interrupted
   */
  public void load() throws IOException, InterruptedException {
    Files.createDirectories(folder);
    List<Path> stored;
    try (Stream<Path> entries = Files.list(folder)) {
      stored = entries.filter(Files::isDirectory).sorted().toList();
    }
    for (Path tenant : stored) {
      tenants.add(Tenant.load(server, tenantId(tenant), tenant, checkpointing));
      log.info("loaded tenant {}", tenant.getFileName());
    }
  }

  private static TenantId tenantId(Path tenant) throws IOException {
    try {
      return TenantId.parse(tenant.getFileName().toString());
    } catch (IllegalArgumentException malformed) {
      throw new IOException(tenant + " is no tenant's folder; move it elsewhere", malformed);
    }
  }

  /**
   * Gives the timeline of a PostgreSQL cluster a source: the cluster's primary or a standby, of which it may have several;
   * creates a tenant with the timeline if there is none yet.
   *
   * @param source the server
   * @return the timeline, which receives
   * @throws IOException if the timeline cannot be created
   * @throws io.tidegate.examples.pageserver.source.SourceException if the server refuses or cannot be asked
   * @throws InterruptedException if the thread is interrupted
   */
  public Timeline attach(PostgresSource source) throws IOException, InterruptedException {
    ServerIdentity cluster = source.identify();
    attaching.lock();
    try {
      Optional<Timeline> known = find(cluster.systemIdentifier());
      Timeline timeline = known.isPresent() ? known.get() : create(source, cluster);
      timeline.receiveFrom(source, SelectionRules.DEFAULT);
      return timeline;
    } finally {
      attaching.unlock();
    }
  }

  private Optional<Timeline> find(long systemIdentifier) {
    return timelines().stream()
        .filter(timeline -> timeline.metadata().systemIdentifier() == systemIdentifier)
        .findFirst();
  }

  private Timeline create(PostgresSource source, ServerIdentity cluster) throws IOException, InterruptedException {
    // One slot a cluster: an attach that was cut short here leaves no second one behind that would keep WAL for nobody.
    String slot = "tidegate_" + Long.toUnsignedString(cluster.systemIdentifier());
    Lsn start = source.ensureSlot(slot);
    Tenant tenant = newTenant();
    TimelineMetadata metadata =
        new TimelineMetadata(
            tenant.id(), TimelineId.random(), cluster.systemIdentifier(), cluster.timeline(), slot, start, start);
    Timeline timeline = tenant.create(metadata);
    log.info("created {} for {}, from {}", timeline.scope().path(), source.where(), start);
    return timeline;
  }

  private Tenant newTenant() throws IOException {
    TenantId id = TenantId.random();
    Tenant tenant = Tenant.create(server, id, folder.resolve(id.toString()), checkpointing);
    tenants.add(tenant);
    return tenant;
  }

  /** {@return the timelines of all tenants} */
  public List<Timeline> timelines() {
    return tenants.stream().flatMap(tenant -> tenant.timelines().stream()).toList();
  }
}
