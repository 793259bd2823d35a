// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The samples of the Javadoc and the README, compiled; {@link SnippetsTest} runs them. */
@SuppressWarnings("ImmutableEnumChecker") // a pool is a service, which enums of kinds may refer to
final class Snippets {
  private Snippets() {}

  // @start region="kind"
  enum Kind implements TaskKind {
    WAL_RECEIVER(CarrierPool.named("walreceiver")),
    LAYER_FLUSH(CarrierPool.named("background"));

    private final CarrierPool pool;

    Kind(CarrierPool pool) {
      this.pool = pool;
    }

    @Override
    public CarrierPool pool() {
      return pool;
    }
  }
  // @end

  static final AttributeKey<UUID> TENANT_ID = new AttributeKey<>("tenant_id", UUID.class);

  static CloseReport scope(Ingest ingest, UUID tenantId) {
    // @start region="scope"
    try (Scope server = Scope.root("pageserver")) {
      Scope tenant = server.newChild("tenant").with(TENANT_ID, tenantId).open();
      Scope timeline = tenant.child("timeline");
      Scope walreceiver = timeline.child("walreceiver");

      walreceiver.spawn(Kind.WAL_RECEIVER, token -> ingest.receive(token));
      timeline.spawn(Kind.LAYER_FLUSH, token -> ingest.flushLoop(token));
      timeline.onDrain("stop ingest", walreceiver::close); // hierarchical: only this subtree
      timeline.onDrain("freeze and flush", ingest::freezeAndFlush); // ends the flush loop as well
      timeline.onClosed("release layers", ingest::close); // after the last task

      return timeline.closeGracefully(Duration.ofSeconds(8));
    }
    // @end
  }

  static void token(Scope connection, Closeable socket, Duration patience) throws Exception {
    // @start region="token"
    CancellationToken request = connection.token().withTimeout(patience);
    Registration registration = request.closeOnCancel(socket); // ends a blocked read
    while (!request.isCancelled()) {
      request.sleep(Duration.ofMillis(100)); // ends at once on cancel
    }
    registration.close();
    // @end
  }

  static String fanOut(Scope request, TaskBody<String> head, TaskBody<String> body) throws Exception {
    // @start region="fanOut"
    try (Scope parts = request.fanOut("parts")) {
      Task<String> first = parts.fork(head);
      Task<String> second = parts.fork(body);
      parts.join(); // throws if one has failed; the other was cancelled then
      return first.result() + second.result();
    }
    // @end
  }

  static void gate(Gate files, Path layer) throws IOException {
    // @start region="gate"
    files.run("compaction", () -> rewrite(layer)); // or, not bound to a block: try (Gate.Guard guard = files.enter("…"))
    files.close(); // refuses newcomers, and waits for who is inside
    Files.delete(layer);
    // @end
  }

  static final class Latch {
    // @start region="waiter"
    private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();
    private volatile boolean open;

    void await(CancellationToken token) throws InterruptedException {
      Waiter waiter = Waiter.on(this, token);
      waiters.add(waiter); // publish, then look
      try {
        waiter.await(() -> open);
      } finally {
        waiters.remove(waiter);
      }
    }

    void open() {
      open = true; // change, then wake
      waiters.forEach(Waiter::wake);
    }
    // @end
  }

  private static void rewrite(Path layer) {
    if (!Files.exists(layer)) {
      throw new IllegalStateException("deleted under a guard: " + layer);
    }
  }

  /** What a timeline does in the samples. */
  interface Ingest {
    void receive(CancellationToken token) throws Exception;

    void flushLoop(CancellationToken token) throws Exception;

    void freezeAndFlush() throws Exception;

    void close();
  }
}
