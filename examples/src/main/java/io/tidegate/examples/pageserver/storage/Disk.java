// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * The file system as layers use it: each call that changes it is one point at which a crash may fall.
 *
 * <p>A test passes its own, to stop at any such point and to forget what was never synchronized.
 *
 * <p><b>Threads:</b> safe for use by any thread, and all methods block for the I/O. {@link Input} is for any number of
 * threads at once, {@link Output} for one at a time.
 */
public interface Disk {
  /** A file being read. */
  interface Input extends Closeable {
    /** {@return the file's length in bytes} */
    long size() throws IOException;

    /**
     * Fills a buffer.
     *
     * @param target filled from its position to its limit
     * @param position the file position of the first byte
     * @throws java.io.EOFException if the file ends before
     */
    void read(ByteBuffer target, long position) throws IOException;
  }

  /** A file being written from its beginning. */
  interface Output extends Closeable {
    /** Appends what remains in {@code source}. */
    void write(ByteBuffer source) throws IOException;

    /** Makes durable what was written. */
    void sync() throws IOException;
  }

  /** {@return the operating system's file system} */
  static Disk real() {
    return RealDisk.INSTANCE;
  }

  /** Creates a folder with its parents where missing, durably. */
  void createFolder(Path folder) throws IOException;

  /** {@return the files in a folder, in no order} */
  List<Path> list(Path folder) throws IOException;

  /** {@return a new, empty file in the place of whatever is there} */
  Output create(Path file) throws IOException;

  /** {@return a file for reading} */
  Input open(Path file) throws IOException;

  /** Renames a file in one step, over whatever has the new name; durable once the folder is synchronized. */
  void rename(Path from, Path to) throws IOException;

  /** Removes a file; durable once the folder is synchronized. */
  void delete(Path file) throws IOException;

  /** Makes the names in a folder durable. */
  void syncFolder(Path folder) throws IOException;

  /**
   * {@return a lock that nobody else in any process holds, until it is closed}
   *
   * @param file the lock file, created where missing and never removed
   * @throws IOException if it is taken; the message names the file and, where known, the process
   */
  Closeable lock(Path file) throws IOException;
}
