// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.Scope;
import io.tidegate.examples.pageserver.source.WalSource;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import io.tidegate.examples.pageserver.walreceiver.WalReceiver;
import io.tidegate.examples.pageserver.walreceiver.WalSink;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How WAL comes to one timeline: by a walreceiver, once there is a source.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class Ingest {
  private static final Logger log = LoggerFactory.getLogger(Ingest.class);

  private final Scope timeline;
  private final WalReceiver.Upstream upstream;
  private final WalSink sink;
  /** Written once, by whoever finds the first source, under the lock of this. */
  private volatile @Nullable WalReceiver receiver;

  Ingest(Scope timeline, TimelineMetadata metadata, WalSink sink) {
    this.timeline = timeline;
    this.upstream =
        new WalReceiver.Upstream(metadata.systemIdentifier(), metadata.postgresTimeline(), metadata.slotName());
    this.sink = sink;
  }

  /** As {@link Timeline#receiveFrom}. */
  synchronized void receiveFrom(WalSource source, SelectionRules rules) {
    WalReceiver started = receiver;
    if (started == null) {
      started = WalReceiver.start(timeline, upstream, sink, rules);
      receiver = started;
    }
    started.addSource(source);
  }

  /** {@return the receiver; empty until there is a source} */
  Optional<WalReceiver> receiver() {
    return Optional.ofNullable(receiver);
  }

  /** Lets the source know what is durable now. */
  void tellSource() {
    receiver().ifPresent(WalReceiver::flushed);
  }

  /** Ends the receiver, if there is one, and returns when it has ended. */
  void stop() {
    receiver().ifPresent(started -> {
      started.close();
      log.info("{}", started.totals());
    });
  }

  /** {@return how it receives, in words for an error} */
  String status() {
    return receiver().map(started -> started.status().value().toString()).orElse("the timeline has no source");
  }
}
