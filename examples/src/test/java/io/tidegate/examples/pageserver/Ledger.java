// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.storage.LayerFile;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a closed timeline has on disk.
 *
 * @param start where its log begins
 * @param end where it ends
 * @param layers how many layers it has
 * @param records how many records are in them
 */
record Ledger(Lsn start, Lsn end, int layers, long records) {
  /** Opens a timeline's folder, as only its next owner can, and reads all of it. */
  static Ledger read(Path data, TimelineMetadata known) throws IOException {
    Path folder = data.resolve("tenants").resolve(known.tenantId().toString()).resolve(known.timelineId().toString());
    try (LayerStore store = LayerStore.open(folder)) {
      Lsn next = store.metadata().startLsn();
      long records = 0;
      for (LayerFile layer : store.layers()) {
        assertEquals(next, layer.startLsn(), "no gap and no repetition");
        layer.verify();
        assertEquals(layer.recordCount(), countContinuous(layer));
        records += layer.recordCount();
        next = layer.endLsn();
      }
      assertEquals(next, store.diskConsistentLsn());
      return new Ledger(store.metadata().startLsn(), next, store.layers().size(), records);
    }
  }

  private static long countContinuous(LayerFile layer) throws IOException {
    AtomicLong count = new AtomicLong();
    AtomicLong last = new AtomicLong(layer.startLsn().value());
    layer.forEach((endLsn, bytes) -> {
      assertTrue(new Lsn(last.getAndSet(endLsn.value())).isBefore(endLsn));
      count.incrementAndGet();
    });
    return count.get();
  }

  /** Checks against the server's own view of its log: as many records between the same two positions. */
  void checkAgainst(TestDatabase database) throws Exception {
    assertEquals(database.records(start, end), records, () -> "records from " + start + " to " + end);
  }
}
