// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.storage.Durable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of one tenant: its configuration, a folder for each timeline, and marks that say what is not finished.
 *
 * <p>A folder comes to be and goes in one step, by a rename: what has a temporary name is a stray of a crash, to be removed.
 *
 * <p><b>Threads:</b> safe for use by any thread, for one operation at a time. All methods block for the I/O.
 */
final class TenantFolder {
  private static final Logger log = LoggerFactory.getLogger(TenantFolder.class);
  private static final String CONFIG = "config";

  /** What is not finished, in a tenant's or a timeline's folder. */
  enum Mark {
    /** Some of the tenant's timelines may still be in the remote store only. */
    ATTACHING,
    /** The tenant is not to be brought up, though its files are here. */
    IGNORED,
    /** It is to be deleted, here and in the remote store; when this folder is gone, nothing is left. */
    DELETED;

    private Path in(Path folder) {
      return folder.resolve(name().toLowerCase(Locale.ROOT));
    }
  }

  private final Disk disk;
  private final Path folder;

  TenantFolder(Disk disk, Path folder) {
    this.disk = disk;
    this.folder = folder;
  }

  /** Removes what crashes have left of folders that were being made or removed. */
  static void removeStrays(Disk disk, Path folder) throws IOException {
    for (Path each : disk.list(folder)) {
      if (each.getFileName().toString().endsWith(Durable.TEMPORARY)) {
        removeAll(disk, each);
        log.info("removed {}, left by a crash", each);
      }
    }
  }

  Path path() {
    return folder;
  }

  boolean exists() {
    return Files.isDirectory(folder);
  }

  /** Makes the folder, with marks in it; durable on return. */
  void create(TenantConfig config, Mark... marks) throws IOException {
    Path temporary = newTemporary(folder);
    TenantFolder made = new TenantFolder(disk, temporary);
    made.write(config);
    for (Mark mark : marks) {
      made.set(mark);
    }
    disk.rename(temporary, folder);
    disk.syncFolder(parent(folder));
  }

  TenantConfig config() throws IOException {
    Path file = folder.resolve(CONFIG);
    return Files.exists(file) ? parse(file, Files.readAllBytes(file)) : TenantConfig.EMPTY;
  }

  /** {@return what the content of a configuration's file says, wherever it is kept} */
  static TenantConfig parse(Path file, byte[] content) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    for (String line : new String(content, StandardCharsets.UTF_8).lines().toList()) {
      int equals = line.indexOf('=');
      if (equals >= 0) {
        texts.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
      }
    }
    try {
      return TenantConfig.of(texts);
    } catch (IllegalArgumentException malformed) {
      throw new IOException(file + ": " + malformed.getMessage(), malformed);
    }
  }

  static byte[] text(TenantConfig config) {
    StringBuilder text = new StringBuilder();
    config.texts().forEach((name, value) -> text.append(name).append(" = ").append(value).append('\n'));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  void write(TenantConfig config) throws IOException {
    Durable.replace(disk, folder.resolve(CONFIG), out -> out.write(ByteBuffer.wrap(text(config))));
  }

  boolean has(Mark mark) {
    return Files.exists(mark.in(folder));
  }

  void set(Mark mark) throws IOException {
    set(mark, folder);
  }

  void clear(Mark mark) throws IOException {
    disk.delete(mark.in(folder));
    disk.syncFolder(folder);
  }

  Path timeline(TimelineId id) {
    return folder.resolve(id.toString());
  }

  boolean isDeleted(TimelineId id) {
    return Files.exists(Mark.DELETED.in(timeline(id)));
  }

  /** Makes it durable that a timeline is to be deleted, whether its folder is there or not. */
  void setDeleted(TimelineId id) throws IOException {
    disk.createFolder(timeline(id));
    set(Mark.DELETED, timeline(id));
  }

  private void set(Mark mark, Path in) throws IOException {
    disk.create(mark.in(in)).close();
    disk.syncFolder(in);
  }

  /** {@return the timelines whose folders are there; strays are removed} */
  List<TimelineId> timelines() throws IOException {
    removeStrays(disk, folder);
    List<TimelineId> found = new ArrayList<>();
    for (Path each : disk.list(folder)) {
      if (Files.isDirectory(each)) {
        found.add(id(each));
      }
    }
    found.sort(null);
    return found;
  }

  private static TimelineId id(Path timeline) throws IOException {
    try {
      return TimelineId.parse(timeline.getFileName().toString());
    } catch (IllegalArgumentException malformed) {
      throw new IOException(timeline + " is no timeline's folder; move it elsewhere", malformed);
    }
  }

  /** Fills a folder, which has its name only when all is in it. */
  void createTimeline(TimelineId id, Filling filling) throws IOException {
    Path temporary = newTemporary(timeline(id));
    filling.fill(temporary);
    disk.syncFolder(temporary);
    disk.rename(temporary, timeline(id));
    disk.syncFolder(folder);
  }

  /** Puts what belongs there into a folder. */
  interface Filling {
    void fill(Path folder) throws IOException;
  }

  /** Removes a timeline's files, but leaves the folder with the mark that it is deleted. */
  void empty(TimelineId id) throws IOException {
    Path mark = Mark.DELETED.in(timeline(id));
    for (Path each : disk.list(timeline(id))) {
      if (!each.equals(mark)) {
        removeAll(disk, each);
      }
    }
    disk.syncFolder(timeline(id));
  }

  /** Removes a timeline's folder, with all in it. */
  void remove(TimelineId id) throws IOException {
    removeInOneStep(disk, timeline(id));
  }

  /** Removes the folders of all timelines. */
  void removeTimelines() throws IOException {
    for (TimelineId each : timelines()) {
      remove(each);
    }
  }

  /** Removes the folder, with all in it. */
  void remove() throws IOException {
    removeInOneStep(disk, folder);
  }

  private static void removeInOneStep(Disk disk, Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Path temporary = temporary(folder);
    removeAll(disk, temporary);
    disk.rename(folder, temporary);
    disk.syncFolder(parent(folder));
    removeAll(disk, temporary);
  }

  private static void removeAll(Disk disk, Path path) throws IOException {
    if (Files.isDirectory(path)) {
      for (Path each : disk.list(path)) {
        removeAll(disk, each);
      }
    }
    disk.delete(path);
  }

  /** An attempt before may have left one. */
  private Path newTemporary(Path of) throws IOException {
    Path temporary = temporary(of);
    removeAll(disk, temporary);
    disk.createFolder(temporary);
    return temporary;
  }

  private static Path temporary(Path of) {
    return of.resolveSibling(of.getFileName() + Durable.TEMPORARY);
  }

  private static Path parent(Path of) {
    Path parent = of.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("not in a folder: " + of);
    }
    return parent;
  }

  @Override
  public String toString() {
    return folder.toString();
  }
}
