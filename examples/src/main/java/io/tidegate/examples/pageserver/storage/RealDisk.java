// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The operating system's file system. */
final class RealDisk implements Disk {
  static final RealDisk INSTANCE = new RealDisk();

  private RealDisk() {}

  @Override
  public void createFolder(Path folder) throws IOException {
    @Nullable Path parent = folder.toAbsolutePath().getParent();
    if (Files.isDirectory(folder)) {
      return;
    }
    if (parent != null) {
      createFolder(parent);
    }
    Files.createDirectories(folder);
    if (parent != null) {
      syncFolder(parent);
    }
  }

  @Override
  public List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Override
  public Output create(Path file) throws IOException {
    return ChannelFile.create(file);
  }

  @Override
  public Input open(Path file) throws IOException {
    return ChannelFile.open(file);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  @Override
  public void syncFolder(Path folder) throws IOException {
    try (ChannelFile names = ChannelFile.open(folder)) {
      names.sync();
    }
  }

  @Override
  public Closeable lock(Path file) throws IOException {
    return LockFile.acquire(file);
  }
}
