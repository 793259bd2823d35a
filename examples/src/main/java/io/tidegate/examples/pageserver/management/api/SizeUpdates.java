// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.tenant.Tenants;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.sync.Ticker;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has the logical sizes of all timelines worked out from time to time, one after the other: for the metrics. */
final class SizeUpdates {
  private static final Logger log = LoggerFactory.getLogger(SizeUpdates.class);

  private final Tenants tenants;
  private final Duration period;

  SizeUpdates(Tenants tenants, Duration period) {
    this.tenants = tenants;
    this.period = period;
  }

  /** Starts the task, in a scope that ends it. */
  void start(Scope scope) {
    Ticker rounds = Ticker.named("sizes").every(period);
    scope.spawn(Kind.METRICS, token -> rounds.run(this::update, token));
  }

  private void update(CancellationToken token) throws InterruptedException {
    for (Timeline timeline : tenants.timelines()) {
      try {
        timeline.logicalSize().await();
      } catch (CancelledException | ClosedException closing) {
        token.throwIfCancelled();
        log.debug("{} closes", timeline.scope().path(), closing);
      } catch (IOException unreadable) {
        log.warn("the size of {} is not known: {}", timeline.scope().path(), unreadable.getMessage());
      }
    }
  }
}
