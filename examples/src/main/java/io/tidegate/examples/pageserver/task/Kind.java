// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.task;

import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;

/** Every kind of task that the server runs: who starts it, which pool runs it, how long it lives. */
public enum Kind implements TaskKind {
  /** Starts a PostgreSQL of the server's own. One per source, at start-up, by the server. */
  LOCAL_POSTGRES(Pools.COMPUTE),

  /** Writes rows into a PostgreSQL of the server's own. One per source, by the server, for its life. */
  WORKLOAD(Pools.COMPUTE),

  /** Finds or creates the timeline of a source. One per source, by the server, until it has succeeded. */
  ATTACH(Pools.MGMT),

  /** Prints the status. One, by the server, for its life. */
  STATUS(Pools.MGMT),

  /** Chooses the source. One per timeline, in its scope {@code walreceiver}, for that scope's life. */
  WAL_RECEIVER_MANAGER(Pools.WALRECEIVER),

  /** Asks a source how far its WAL reaches. One per source, in the scope {@code walreceiver}, for that scope's life. */
  WAL_SOURCE_WATCH(Pools.WALRECEIVER),

  /** Ingests what comes through one connection. By the manager, in a scope {@code handler}, for the connection's life. */
  WAL_RECEIVER_HANDLER(Pools.WALRECEIVER),

  /** Owns the connection's socket. By the handler, in a scope {@code poller} below its own, for the connection's life. */
  WAL_RECEIVER_POLLER(Pools.WALRECEIVER),

  /** Creates or reads a timeline's files, in the tenant's scope: by the server at start-up, or by {@link #ATTACH}. */
  TIMELINE_OPEN(Pools.IO),

  /** Has frozen layers written to disk. One per timeline, in its scope, until the timeline's drain step ends it. */
  LAYER_FLUSH(Pools.BACKGROUND),

  /** Writes one layer. By {@link #LAYER_FLUSH} in the same scope, one at a time, until it is on disk or has failed. */
  LAYER_WRITE(Pools.IO);

  private final CarrierPool pool;

  Kind(CarrierPool pool) {
    this.pool = pool;
  }

  @Override
  public CarrierPool pool() {
    return pool;
  }
}
