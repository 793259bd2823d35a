// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.testing.Faults;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one timeline: its layer files and its metadata.
 *
 * <p>{@link #create} makes the folder, {@link #open} opens it in every later run, {@link #flush} adds layers, and
 * {@link #close} lets the next process have it. One store at a time may use a folder.
 *
 * <p><b>Threads:</b> {@code flush} and {@code close} may be called by any thread and wait for each other; all other
 * methods may be called by any thread at any time and wait for I/O only. Close the store when nobody reads any more: a
 * read after it fails.
 *
 * <p><b>Memory consistency effects:</b> what {@code flush} wrote happens-before the return of a call that sees it.
 */
public final class LayerStore implements Closeable {
  /*
   * flush, in steps, and what a crash right after each leaves for the next open:
   *
   *   1  temporary layer written, synchronized       a temporary file: removed
   *   2  renamed to the layer's name                 that, or the layer: adopted
   *   3  folder synchronized                         the layer, beyond the metadata's disk-consistent LSN: adopted
   *   4  temporary metadata written, synchronized    the same, and a temporary file: removed
   *   5  renamed over the metadata                   old metadata and the layer: adopted; or new ones: nothing to do
   *   6  folder synchronized                         nothing to do
   *   7  'state' replaced: readers see the layer, and diskConsistentLsn() may be reported to PostgreSQL
   *
   * I1  What the metadata vouch for is in durable layer files: from the compacted to the disk-consistent LSN each byte of
   *     the log in exactly one of level 0, and what reads need of the log before in those that the metadata name.
   * I2  There is at most one layer file beyond, and it starts at the disk-consistent LSN. (The store refuses to flush
   *     anything but the same layer again after a flush has failed: 'unfinished'.)
   * I3  No LSN is reported that the next open could fall behind: step 7 comes after 6, and open synchronizes the folder
   *     before it believes it.
   *
   * A change, by compaction or garbage collection: its new files are durable before the metadata name them, and the old
   * ones are removed after. The metadata are replaced in one step, so a crash leaves files of one side only that do not
   * count; the next open removes them. A read that meets a removed file begins again with the state of then.
   *
   * A layer beyond is adopted, not deleted: it was synchronized before it got its name, so it is whole, and by I2 it
   * continues the log without gap or repetition. So no sound layer is ever deleted, even where the metadata came from
   * an older backup. It is read in full first; if that shows damage it is removed, as the log server still has what was
   * never reported. More than one layer beyond cannot come from a crash and is refused.
   */
  private final Disk disk;
  private final Path folder;
  private final Closeable folderLock;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile StoreState state; // written under the lock
  private final AtomicInteger lastNumber;
  private volatile Runnable onChange = () -> {};
  private @Nullable LayerName unfinished; // under the lock: the layer whose flush has failed
  private boolean closed; // under the lock

  private LayerStore(Disk disk, Path folder, Closeable folderLock, StoreState state) {
    this.disk = disk;
    this.folder = folder;
    this.folderLock = folderLock;
    this.state = state;
    this.lastNumber =
        new AtomicInteger(state.others().stream().mapToInt(layer -> layer.name().number()).max().orElse(0));
  }

  /** Creates the folder of a new timeline on the real disk, as {@link #create(Path, TimelineMetadata, Disk)} does. */
  public static LayerStore create(Path folder, TimelineMetadata metadata) throws IOException {
    return create(folder, metadata, Disk.real());
  }

  /**
   * Creates the folder of a new timeline, with its parents where missing. It is durable on return. After a crash on the
   * way, creating it again completes it.
   *
   * @param folder the timeline's folder
   * @param metadata disk-consistent at its start
   * @param disk where the folder is
   * @throws IllegalArgumentException if the metadata claim that there are layers already
   * @throws java.nio.file.FileAlreadyExistsException if the folder holds a timeline
   * @throws IOException if the folder is in use by another store, or I/O fails
   */
  public static LayerStore create(Path folder, TimelineMetadata metadata, Disk disk) throws IOException {
    if (!metadata.diskConsistentLsn().equals(metadata.startLsn())) {
      throw new IllegalArgumentException("a new timeline has no layers: " + metadata);
    }
    disk.createFolder(folder);
    return locked(folder, disk, recovery -> {
      recovery.checkUnused();
      MetadataFile.write(disk, folder, metadata);
      return new StoreState(metadata, List.of(), List.of());
    });
  }

  /** Opens the folder of a timeline on the real disk, as {@link #open(Path, Disk)} does. */
  public static LayerStore open(Path folder) throws IOException {
    return open(folder, Disk.real());
  }

  /**
   * Opens the folder of a timeline: removes incomplete files, adopts a layer that a crash left beyond the metadata,
   * and checks that the layers follow each other from the start to the disk-consistent LSN. Ingest goes on from {@link
   * #diskConsistentLsn}.
   *
   * @param folder the timeline's folder
   * @param disk where the folder is
   * @throws java.nio.file.NoSuchFileException if there is no such folder, or no timeline in it
   * @throws CorruptLayerException if files are damaged or missing; the message says which, and what can be done
   * @throws IOException if the folder is in use by another store, or I/O fails
   */
  public static LayerStore open(Path folder, Disk disk) throws IOException {
    disk.list(folder); // no lock file where there is no folder
    return locked(folder, disk, Recovery::run);
  }

  /**
   * {@return where the timeline in a folder branches off; empty if it does not}
   *
   * @throws IOException if that cannot be read: opening the folder fails for the same reason
   */
  public static Optional<TimelineMetadata.BranchPoint> branchPoint(Path folder, Disk disk) throws IOException {
    return MetadataFile.read(disk, folder).branchPoint();
  }

  /**
   * Writes a layer as a file and advances the disk-consistent LSN to its end; both are durable on return, and readers
   * of the store see the layer. The caller drops the frozen layer after that.
   *
   * <p>A flush that failed may be repeated with the same layer and with no other; or the store is closed, and
   * opening it finds the layer or not.
   *
   * @param layer the continuation: it starts at the disk-consistent LSN
   * @return the layer's file
   * @throws IllegalArgumentException if the layer starts elsewhere
   * @throws IllegalStateException if the flush of another layer has failed, or the store is closed
   * @throws IOException if I/O fails; the disk-consistent LSN stays as it was
   */
  public LayerFile flush(FrozenLayer layer) throws IOException {
    LayerFile written;
    lock.lock();
    try {
      checkNext(layer);
      unfinished = LayerName.level0(layer.startLsn(), layer.endLsn());
      Path file = LayerFileWriter.write(disk, layer.content(), folder);
      Faults.point("layer.before-metadata", IOException::new);
      TimelineMetadata advanced = state.metadata().advancedTo(layer.endLsn());
      written = advance(file, advanced);
      state = state.with(advanced, written);
      unfinished = null;
    } finally {
      lock.unlock();
    }
    onChange.run();
    return written;
  }

  /** {@return what the store holds now: the metadata with the layers that they vouch for} */
  public StoreContents contents() {
    StoreState now = state;
    return new StoreContents(now.metadata(), now.all().stream().map(LayerFile::file).toList());
  }

  /**
   * Has somebody told of each change of the {@link #contents}, on the thread that made it.
   *
   * @param listener told from now on, in the place of whoever was before; quick, and throws nothing
   */
  public void onChange(Runnable listener) {
    onChange = listener;
  }

  /** {@return the timeline's metadata as they are in the file} */
  public TimelineMetadata metadata() {
    return state.metadata();
  }

  /** {@return up to where the log is durable here: what PostgreSQL may be told and forget} */
  public Lsn diskConsistentLsn() {
    return state.metadata().diskConsistentLsn();
  }

  /** {@return how many layers are as the flush wrote them} */
  public int level0Count() {
    return state.level0().size();
  }

  /** {@return the layers in the order of the log, as of now; those of level 0 start where the one before ends} */
  public List<LayerFile> layers() {
    return state.all();
  }

  /**
   * {@return the records in all layers that touch a page, oldest first}
   *
   * <p>A reader that also looks into memory takes the layers there first and asks the store up to the start of the
   * oldest one: so a layer flushed meanwhile is neither missed nor seen twice.
   *
   * @param key the page
   * @param upTo the highest end of a record to include
   * @throws CorruptLayerException if a file does not hold what was written
   * @throws IOException if a file cannot be read
   */
  public List<LayerRecord> get(PageKey key, Lsn upTo) throws IOException {
    NavigableMap<Lsn, LayerRecord> found = new TreeMap<>();
    each(layer -> {
      if (layer.level() != LayerLevel.IMAGE) {
        layer.get(key, upTo).forEach(each -> found.put(each.endLsn(), each));
      }
    });
    return List.copyOf(found.values());
  }

  /** Looks into layers. */
  @FunctionalInterface
  public interface Look {
    /**
     * Looks into one layer. It may be shown again, or what came in its place: a look that was cut off is repeated.
     *
     * @param layer the layer
     * @throws IOException if the layer's file cannot be read
     */
    void in(LayerFile layer) throws IOException;
  }

  /**
   * Shows all layers, from the newest to the oldest.
   *
   * @param look called on this thread
   * @throws CorruptLayerException if a file does not hold what was written
   * @throws java.nio.channels.ClosedChannelException if the store was closed
   * @throws IOException if a file cannot be read
   */
  public void each(Look look) throws IOException {
    while (true) {
      StoreState seen = state;
      try {
        for (LayerFile layer : seen.newestFirst()) {
          look.in(layer);
        }
        return;
      } catch (ClosedChannelException ended) {
        if (state == seen) {
          throw ended;
        }
      }
    }
  }

  /** {@return from where on reads are answered} */
  public Lsn gcCutoff() {
    return state.metadata().stored().gcCutoffLsn();
  }

  /** Waits for a flush in work, closes the layer files and lets others have the folder; closing again has no effect. */
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      for (LayerFile layer : state.all()) {
        layer.close();
      }
    } finally {
      try {
        folderLock.close();
      } finally {
        lock.unlock();
      }
    }
  }

  /** What a change makes of the state; the files that are in the new one only are durable. */
  @FunctionalInterface
  interface Change {
    StoreState of(StoreState now);
  }

  /**
   * Puts other layers in the place of some. Durable on return; a crash leaves all of the old layers or all of the new.
   *
   * @throws IOException if I/O fails: then nothing has changed, and the new files are for the caller to remove
   */
  void change(Change change) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new ClosedChannelException();
      }
      StoreState before = state;
      StoreState after = change.of(before);
      MetadataFile.write(disk, folder, after.metadata());
      state = after;
      List<LayerFile> kept = after.all();
      before.all().stream().filter(layer -> !kept.contains(layer)).forEach(LayerFile::remove);
    } finally {
      lock.unlock();
    }
    onChange.run();
  }

  /** {@return the layers as they are now} */
  StoreState state() {
    return state;
  }

  /** Writes a file that does not count before a {@link #change} takes it in. */
  LayerFile write(LayerContent content) throws IOException {
    return LayerFile.open(disk, LayerFileWriter.write(disk, content, folder));
  }

  /** {@return a number that no file of this store has} */
  int nextNumber() {
    return lastNumber.incrementAndGet();
  }

  @Override
  public String toString() {
    StoreState now = state;
    return "layer store " + folder + ", " + now.all().size() + " layers up to " + now.metadata().diskConsistentLsn();
  }

  private interface Start {
    StoreState with(Recovery recovery) throws IOException;
  }

  private static LayerStore locked(Path folder, Disk disk, Start start) throws IOException {
    Closeable folderLock = disk.lock(folder.resolve(Recovery.LOCK));
    boolean started = false;
    try (Recovery recovery = new Recovery(disk, folder)) {
      LayerStore store = new LayerStore(disk, folder, folderLock, start.with(recovery));
      started = true;
      return store;
    } finally {
      if (!started) {
        folderLock.close();
      }
    }
  }

  private void checkNext(FrozenLayer layer) {
    if (closed) {
      throw new IllegalStateException("closed: " + this);
    }
    if (!layer.startLsn().equals(diskConsistentLsn())) {
      throw new IllegalArgumentException("the next layer starts at " + diskConsistentLsn() + ", not so: " + layer);
    }
    if (unfinished != null && !unfinished.equals(LayerName.level0(layer.startLsn(), layer.endLsn()))) {
      throw new IllegalStateException("the flush of " + unfinished + " has failed and comes first: " + layer);
    }
  }

  /** {@return the layer in a durable file, once the metadata durably vouch for it} */
  private LayerFile advance(Path file, TimelineMetadata advanced) throws IOException {
    LayerFile written = LayerFile.open(disk, file);
    boolean durable = false;
    try {
      MetadataFile.write(disk, folder, advanced);
      durable = true;
      return written;
    } finally {
      if (!durable) {
        written.close();
      }
    }
  }
}
