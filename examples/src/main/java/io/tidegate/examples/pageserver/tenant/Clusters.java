// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.source.PostgresSource;
import io.tidegate.examples.pageserver.source.ServerIdentity;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The PostgreSQL clusters whose WAL is received. Each has one timeline, found by the identifier that all its servers share.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class Clusters {
  private static final Logger log = LoggerFactory.getLogger(Clusters.class);

  private final Tenants tenants;
  /** Held while a source is attached: two attaches of one cluster must find one timeline. */
  private final ReentrantLock attaching = new ReentrantLock();

  /**
   * Finds their timelines in some tenants.
   *
   * @param tenants all of the server; nobody else gives their timelines a source
   */
  public Clusters(Tenants tenants) {
    this.tenants = tenants;
  }

  /**
   * Gives the timeline of a PostgreSQL cluster a source: the cluster's primary or a standby, of which it may have several;
   * creates a tenant with the timeline if there is none yet.
   *
   * @param source the server
   * @return the timeline, which receives
   * @throws IOException if the timeline cannot be created
   * @throws RefusedException if a timeline is broken that may be the source's, or the server closes
   * @throws io.tidegate.examples.pageserver.source.SourceException if the server refuses or cannot be asked
   * @throws InterruptedException if the thread is interrupted
   */
  public Timeline attach(PostgresSource source) throws IOException, InterruptedException {
    awaitLoaded();
    ServerIdentity cluster = source.identify();
    attaching.lock();
    try {
      Optional<Timeline> known = find(cluster.systemIdentifier());
      Timeline timeline = known.isPresent() ? known.get() : create(source, cluster);
      timeline.receiveFrom(source, selectionRules(timeline));
      return timeline;
    } finally {
      attaching.unlock();
    }
  }

  private SelectionRules selectionRules(Timeline timeline) {
    return tenants.settled().stream()
        .filter(tenant -> tenant.id().equals(timeline.metadata().tenantId()))
        .map(Tenant::selectionRules)
        .findFirst()
        .orElseThrow(() -> new RefusedException(Why.UNAVAILABLE, timeline.scope().path() + " is going"));
  }

  /** Until then the timeline of a source may be here and not be found. */
  private void awaitLoaded() throws InterruptedException {
    for (Tenant tenant : tenants.settled()) {
      tenant.state().await(state -> !state.isComing(), tenants.scope().token());
    }
  }

  private Optional<Timeline> find(long systemIdentifier) {
    return tenants.timelines().stream()
        .filter(timeline -> timeline.metadata().systemIdentifier() == systemIdentifier)
        .findFirst();
  }

  /** What is broken cannot say which cluster it is of: two timelines of one would share a slot, and each lose WAL. */
  private void checkNoneIsBroken(PostgresSource source) {
    for (Tenant tenant : tenants.settled()) {
      boolean isBroken = Stream.concat(Stream.of(tenant.state()), tenant.timelines().stream().map(TimelineSlot::state))
          .anyMatch(state -> state.value().phase() == State.Phase.BROKEN);
      if (isBroken) {
        throw new RefusedException(Why.BROKEN, "a broken timeline of tenant " + tenant.id() + " may be the one of "
            + source.where() + ": detach the tenant, or delete the timeline, and start again");
      }
    }
  }

  private Timeline create(PostgresSource source, ServerIdentity cluster) throws IOException, InterruptedException {
    checkNoneIsBroken(source);
    // One slot a cluster: an attach that was cut short here leaves no second one behind that would keep WAL for nobody.
    String slot = "tidegate_" + Long.toUnsignedString(cluster.systemIdentifier());
    Lsn start = source.ensureSlot(slot);
    Tenant tenant = tenants.create(TenantId.random(), TenantConfig.EMPTY);
    TimelineMetadata metadata = TimelineMetadata.of(tenant.id(), TimelineId.random(), start)
        .withSource(cluster.systemIdentifier(), cluster.timeline(), slot);
    Timeline timeline = tenant.createTimeline(metadata);
    log.info("created {} for {}, from {}", timeline.scope().path(), source.where(), start);
    return timeline;
  }
}
