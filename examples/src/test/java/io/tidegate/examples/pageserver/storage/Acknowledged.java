// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** What a store has acknowledged to processes that had it one after the other, on one disk: the next one must find it. */
final class Acknowledged {
  static final Path FOLDER = Path.of("/timeline");
  static final Lsn START = MetadataFileTest.SAMPLE.startLsn();

  private boolean created; // whether create has returned
  private Lsn flushed; // the highest LSN that a flush has returned

  /** Nothing yet: the disk is new. */
  Acknowledged() {
    this(false, START);
  }

  private Acknowledged(boolean created, Lsn flushed) {
    this.created = created;
    this.flushed = flushed;
  }

  /** {@return the same, for one of several that go on from here} */
  Acknowledged copy() {
    return new Acknowledged(created, flushed);
  }

  /** Opens the store as the next process does, which creates it where that has not been done. */
  LayerStore open(MemoryDisk disk) throws IOException {
    LayerStore store;
    try {
      store = LayerStore.open(FOLDER, disk);
    } catch (NoSuchFileException neverCreated) {
      assertFalse(created, "a timeline that was created is there");
      store = LayerStore.create(FOLDER, MetadataFileTest.SAMPLE, disk);
    }
    created = true;
    assertTrue(store.diskConsistentLsn().compareTo(flushed) >= 0, "not behind what was reported");
    flushed = store.diskConsistentLsn();
    return store;
  }

  void flush(LayerStore store, FrozenLayer layer) throws IOException {
    flushed = store.flush(layer).endLsn();
  }

  Lsn flushed() {
    return flushed;
  }

  /** Checks that the layers are sound, and that nothing else is there. */
  static void checkFiles(LayerStore store, MemoryDisk disk) throws IOException {
    Set<Path> files = new TreeSet<>(Set.of(FOLDER.resolve("metadata")));
    for (LayerFile layer : store.layers()) {
      layer.verify();
      files.add(layer.file());
    }
    assertEquals(files, new TreeSet<>(disk.list(FOLDER)));
  }
}
