// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.task;

import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;

/** Every kind of task that the server runs: who starts it, which pool runs it, how long it lives. */
public enum Kind implements TaskKind {
  /** Starts a PostgreSQL of the server's own. One per source, at start-up, by the server. */
  LOCAL_POSTGRES(Pools.COMPUTE),

  /** Accepts connections of page clients. One, by the page service, until the server's close begins. */
  PAGE_LISTENER(Pools.COMPUTE),

  /** Answers one page client. By the listener, in the page service's scope {@code clients}, as long as the connection. */
  PAGE_REQUEST_HANDLER(Pools.COMPUTE),

  /** Sees whether a page client leaves. By its {@link #PAGE_REQUEST_HANDLER} while a request waits, in the same scope. */
  PAGE_CLIENT_WATCH(Pools.COMPUTE),

  /** Writes rows into a PostgreSQL of the server's own. One per source, by the server, for its life. */
  WORKLOAD(Pools.COMPUTE),

  /** Finds or creates the timeline of a source. One per source, by the server, until it has succeeded. */
  SOURCE_ATTACH(Pools.MGMT),

  /** Prints the status. One, by the server, for its life. */
  STATUS(Pools.MGMT),

  /** Starts a {@link #MANAGEMENT_REQUEST} for each request that comes. One, by the HTTP server in its scope, for its life. */
  HTTP_LISTENER(Pools.MGMT),

  /** Answers one HTTP request. By {@link #HTTP_LISTENER} in the same scope, cancelled when the client hangs up. */
  MANAGEMENT_REQUEST(Pools.MGMT),

  /** Chooses the source. One per timeline, in its scope {@code walreceiver}, for that scope's life. */
  WAL_RECEIVER_MANAGER(Pools.WALRECEIVER),

  /** Asks a source how far its WAL reaches. One per source, in the scope {@code walreceiver}, for that scope's life. */
  WAL_SOURCE_WATCH(Pools.WALRECEIVER),

  /** Ingests what comes through one connection. By the manager, in a scope {@code handler}, for the connection's life. */
  WAL_RECEIVER_HANDLER(Pools.WALRECEIVER),

  /** Owns the connection's socket. By the handler, in a scope {@code poller} below its own, for the connection's life. */
  WAL_RECEIVER_POLLER(Pools.WALRECEIVER),

  /** Creates, attaches, detaches or deletes a tenant. By whoever asks, in the scope {@code operations}, until it is done. */
  TENANT_OPERATION(Pools.MGMT),

  /** Brings a tenant up that was there before. By the server's start or a request, in the tenant's scope, until it is active. */
  INITIAL_LOAD(Pools.BACKGROUND),

  /** Fetches a tenant from the remote store and brings it up. By the request, in the tenant's scope, until it is active. */
  ATTACH(Pools.BACKGROUND),

  /** Does one step of another task's work with a tenant's folder, in that task's scope. */
  TENANT_FILES(Pools.IO),

  /** Creates or reads a timeline's files, in the tenant's scope: by a request, {@link #INITIAL_LOAD} or {@link #ATTACH}. */
  TIMELINE_OPEN(Pools.IO),

  /** Deletes a timeline. By the request or what brings the tenant up, in the tenant's scope, until nothing is left of it. */
  TIMELINE_DELETION(Pools.BACKGROUND),

  /** Drops a slot on a source. One per source of what is deleted, below the deletion's scope, for a short while at most. */
  SLOT_REMOVAL(Pools.BACKGROUND),

  /** Has frozen layers written to disk. One per timeline, in its scope, until the timeline's drain step ends it. */
  LAYER_FLUSH(Pools.BACKGROUND),

  /** Writes one layer. By {@link #LAYER_FLUSH} in the same scope, one at a time, until it is on disk or has failed. */
  LAYER_WRITE(Pools.IO),

  /** Merges layers. One per tenant, in its scope, for the tenant's life, and one per compaction, in the timeline's. */
  COMPACTION(Pools.BACKGROUND),

  /** Removes what nobody can read. One per tenant, in its scope, for its life, and per collection, in the timeline's. */
  GARBAGE_COLLECTION(Pools.BACKGROUND),

  /** Sees to what nobody else notices. One per tenant, in its scope, for the tenant's life. */
  HOUSEKEEPING(Pools.BACKGROUND),

  /** Merges, copies or removes layer files. By one of the above, in a scope below the timeline's, one at a time. */
  LAYER_MERGE(Pools.IO),

  /** Works out how large a timeline is. By whoever asks first, in the timeline's scope, until it is known; one at a time. */
  LOGICAL_SIZE(Pools.BACKGROUND),

  /** Works out all sizes for the metrics, again and again. One, by the management API in its scope, for its life. */
  METRICS(Pools.BACKGROUND),

  /** Reads from layer files, in their timeline's scope. By whoever asks for a page or a size, until it is found. */
  LAYER_READ(Pools.IO),

  /** Has put into the remote store what is missing there. One per tenant and timeline, in its scope, until that drains. */
  REMOTE_UPLOAD_QUEUE(Pools.BACKGROUND),

  /** Puts one object into the remote store. By {@link #REMOTE_UPLOAD_QUEUE} or a deletion in the same scope, once. */
  REMOTE_UPLOAD(Pools.REMOTE),

  /** Reads or lists objects of the remote store. By whoever needs them, in its scope, once. */
  REMOTE_DOWNLOAD(Pools.REMOTE),

  /** Has missing layers fetched. By a request, in the timeline's scope, until it has tried each; one at a time. */
  LAYER_DOWNLOAD(Pools.BACKGROUND),

  /** Removes objects from the remote store. By whoever deletes them, in its scope, once. */
  REMOTE_DELETION(Pools.REMOTE);

  private final CarrierPool pool;

  Kind(CarrierPool pool) {
    this.pool = pool;
  }

  @Override
  public CarrierPool pool() {
    return pool;
  }
}
