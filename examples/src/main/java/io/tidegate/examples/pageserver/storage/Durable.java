// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.testing.Faults;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a whole file so that a crash at any point leaves either what was there before or all of the new content. */
public final class Durable {
  /** What a file that is not complete is called, behind its name to be. */
  public static final String TEMPORARY = ".tmp";

  private static final Logger log = LoggerFactory.getLogger(Durable.class);

  private Durable() {}

  /** Writes the content of a file. */
  @FunctionalInterface
  public interface Content {
    /** Writes it. */
    void writeTo(Disk.Output out) throws IOException;
  }

  /**
   * Replaces a file, or makes it; durable on return.
   *
   * @param disk where the file is
   * @param file the file, in a folder that exists
   * @param content what is to be in it
   * @throws IOException if I/O fails; the file is as before, or new
   */
  public static void replace(Disk disk, Path file, Content content) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + TEMPORARY);
    boolean complete = false;
    try {
      writeAndSync(disk, temporary, content);
      disk.rename(temporary, file);
      complete = true;
    } finally {
      if (!complete) {
        discard(disk, temporary);
      }
    }
    disk.syncFolder(folderOf(file));
  }

  private static void writeAndSync(Disk disk, Path temporary, Content content) throws IOException {
    try (Disk.Output out = disk.create(temporary)) {
      content.writeTo(out);
      Faults.point("file.before-sync", IOException::new);
      out.sync();
    }
  }

  /* Gives the room back at once; what cannot be removed now is removed when the folder is opened next. */
  private static void discard(Disk disk, Path temporary) {
    try {
      disk.delete(temporary);
    } catch (IOException kept) {
      log.warn("could not remove the incomplete file {}", temporary, kept);
    }
  }

  private static Path folderOf(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException("not in a folder: " + file);
    }
    return parent;
  }
}
