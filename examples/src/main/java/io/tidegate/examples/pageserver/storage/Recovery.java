// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings a timeline's folder, as a stop or a crash left it, into a state to go on from. */
final class Recovery implements Closeable {
  static final String LOCK = "lock";
  private static final Logger log = LoggerFactory.getLogger(Recovery.class);

  private final Disk disk;
  private final Path folder;
  private final List<LayerFile> layers = new ArrayList<>(); // closed with this, unless taken

  Recovery(Disk disk, Path folder) {
    this.disk = disk;
    this.folder = folder;
  }

  /**
   * {@return what the folder holds, durable as it was read}
   *
   * @throws CorruptLayerException if a crash cannot have left the folder so
   */
  StoreState run() throws IOException {
    List<LayerName> found = scan();
    disk.syncFolder(folder); // a name that a crashed process saw must not be lost by a later crash of the machine
    TimelineMetadata metadata = MetadataFile.read(disk, folder);
    StoredLayers stored = metadata.stored();
    Set<String> listed = Set.copyOf(stored.names());
    List<LayerName> level0 = found.stream()
        .filter(name -> name.level() == LayerLevel.L0 && stored.compactedLsn().isBefore(name.endLsn()))
        .toList();
    List<LayerName> others = found.stream().filter(name -> listed.contains(name.toString())).toList();
    checkListed(listed, others);
    Optional<LayerName> beyond = checkChain(level0, metadata);
    removeStrays(found, level0, others);
    for (LayerName name : level0) {
      if (!beyond.equals(Optional.of(name))) {
        layers.add(open(name));
      }
    }
    if (beyond.isPresent()) {
      metadata = adopt(beyond.get(), metadata);
    }
    List<LayerFile> opened = List.copyOf(layers);
    for (LayerName name : others) {
      layers.add(open(name));
    }
    StoreState state = new StoreState(metadata, opened, layers.subList(opened.size(), layers.size()));
    layers.clear();
    return state;
  }

  private void checkListed(Set<String> listed, List<LayerName> there) throws CorruptLayerException {
    Set<String> missing = new TreeSet<>(listed);
    there.forEach(name -> missing.remove(name.toString()));
    if (!missing.isEmpty()) {
      throw new CorruptLayerException(
          folder, "layers are missing that the metadata name: restore " + String.join(", ", missing));
    }
  }

  /** What a compaction or a garbage collection has replaced, or was about to bring, when it was cut off. */
  private void removeStrays(List<LayerName> found, List<LayerName> level0, List<LayerName> others)
      throws IOException {
    for (LayerName name : found) {
      if (!level0.contains(name) && !others.contains(name)) {
        disk.delete(folder.resolve(name.toString()));
        log.info("removed {}, in the place of which there are others", name);
      }
    }
  }

  /** Makes sure that a folder has no timeline yet. */
  void checkUnused() throws IOException {
    for (Path file : disk.list(folder)) {
      String name = file.getFileName().toString();
      if (name.endsWith(Durable.TEMPORARY)) {
        deleteTemporary(file);
      } else if (name.equals(MetadataFile.NAME) || LayerName.isLayer(name)) {
        throw new FileAlreadyExistsException(
            file.toString(), null, "the folder holds a timeline already: open it, or remove the folder");
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (LayerFile layer : layers) {
      layer.close();
    }
  }

  /** {@return the layers by name, in the order of the log} */
  private List<LayerName> scan() throws IOException {
    List<LayerName> names = new ArrayList<>();
    boolean metadata = false;
    for (Path file : disk.list(folder)) {
      String name = file.getFileName().toString();
      Optional<LayerName> layer = LayerName.parse(name);
      if (layer.isPresent()) {
        names.add(layer.get());
      } else if (name.endsWith(Durable.TEMPORARY)) {
        deleteTemporary(file);
      } else if (name.equals(MetadataFile.NAME)) {
        metadata = true;
      } else if (LayerName.isLayer(name)) {
        throw new CorruptLayerException(file, "the name is not that of a layer: remove the file or rename it back");
      } else if (!name.equals(LOCK)) {
        log.warn("left alone, not a file of a timeline: {}", file);
      }
    }
    if (!metadata) {
      throw noMetadata(names);
    }
    names.sort(Comparator.comparing(LayerName::startLsn).thenComparing(LayerName::endLsn));
    return names;
  }

  private IOException noMetadata(List<LayerName> names) {
    Path file = folder.resolve(MetadataFile.NAME);
    return names.isEmpty()
        ? new NoSuchFileException(
            file.toString(), null, "the folder holds no timeline, or its creation was cut off: create it")
        : MetadataFile.damaged(file, 0, "a file", "none, beside " + names.size() + " layers");
  }

  private void deleteTemporary(Path file) throws IOException {
    disk.delete(file);
    log.info("removed the incomplete file {}", file);
  }

  /** {@return the one layer beyond the disk-consistent LSN, if there is one} */
  private Optional<LayerName> checkChain(List<LayerName> names, TimelineMetadata metadata)
      throws CorruptLayerException {
    Lsn consistent = metadata.diskConsistentLsn();
    Lsn expected = metadata.stored().compactedLsn();
    Optional<LayerName> beyond = Optional.empty();
    for (LayerName name : names) {
      if (!name.startLsn().equals(expected)) {
        throw new CorruptLayerException(folder.resolve(name.toString()), "expected a layer that starts at " + expected
            + ", where the one before ends: a layer is missing or two overlap");
      }
      if (consistent.isBefore(name.endLsn())) {
        checkBeyond(name, consistent, beyond);
        beyond = Optional.of(name);
      }
      expected = name.endLsn();
    }
    if (expected.isBefore(consistent)) {
      throw new CorruptLayerException(folder, "no layer starts at " + expected + ", and the metadata say that"
          + " the log is here up to " + consistent + ": restore the missing layers");
    }
    return beyond;
  }

  private void checkBeyond(LayerName name, Lsn consistent, Optional<LayerName> other) throws CorruptLayerException {
    if (other.isPresent() || !name.startLsn().equals(consistent)) {
      throw new CorruptLayerException(folder.resolve(name.toString()), "beyond the disk-consistent LSN " + consistent
          + " of the metadata, where a crash leaves at most one layer, which starts there: the metadata are older than"
          + " the layers; restore both together");
    }
  }

  private LayerFile open(LayerName name) throws IOException {
    Path file = folder.resolve(name.toString());
    LayerFile layer = LayerFile.open(disk, file);
    if (!name.equals(layer.name())) {
      layer.close();
      throw new CorruptLayerException(
          file, "holds " + layer.name() + ", unlike its name");
    }
    return layer;
  }

  /** Adds a layer that became durable before the metadata said so; a damaged one is removed. */
  private TimelineMetadata adopt(LayerName name, TimelineMetadata metadata) throws IOException {
    try {
      LayerFile layer = open(name);
      layers.add(layer);
      layer.verify();
    } catch (CorruptLayerException damaged) {
      if (layers.size() > 0 && layers.getLast().endLsn().equals(name.endLsn())) {
        layers.removeLast().close();
      }
      disk.delete(folder.resolve(name.toString()));
      disk.syncFolder(folder);
      log.warn("removed a damaged layer; the log from {} on has never been reported durable", name.startLsn(), damaged);
      return metadata;
    }
    TimelineMetadata advanced = metadata.advancedTo(name.endLsn());
    MetadataFile.write(disk, folder, advanced);
    log.info("adopted the layer {}, written right before a crash", name);
    return advanced;
  }
}
