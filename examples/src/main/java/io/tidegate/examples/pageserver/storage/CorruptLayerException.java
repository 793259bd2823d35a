// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.io.IOException;
import java.nio.file.Path;

/** A file of a timeline's folder is missing or does not hold what was written to it. */
public final class CorruptLayerException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient Path file;
  private final long offset;

  CorruptLayerException(Path file, long offset, String expected, String found) {
    super(file + " is damaged at byte " + offset + ": expected " + expected + ", found " + found);
    this.file = file;
    this.offset = offset;
  }

  CorruptLayerException(Path file, String message) {
    super(file + ": " + message);
    this.file = file;
    this.offset = 0;
  }

  /** {@return the file, or the folder where a file is missing} */
  public Path file() {
    return file;
  }

  /** {@return where in the file the damage was noticed, in bytes; 0 if the file as a whole is wrong} */
  public long offset() {
    return offset;
  }
}
