// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.remote;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A remote store in a folder, which several servers may share: an object is a file, and its key is the path.
 *
 * <p>A put that a crash cuts off leaves an object of another name behind, which is listed as the others are: whoever owns the
 * objects around it removes it as one that belongs to nothing.
 *
 * <p>Only waits that the operating system does not end outlast a cancel, as of a file system that hangs.
 */
public final class FolderStore implements RemoteStore {
  private static final String TEMPORARY = ".tmp";
  private static final int CHUNK = 1 << 16;

  private final Path root;
  private final Disk disk;
  private final String owner = "." + ProcessHandle.current().pid() + "-";
  private final AtomicLong temporaries = new AtomicLong();

  /**
   * Makes a store.
   *
   * @param root its folder, made with the first object
   * @param disk where the folder is
   */
  public FolderStore(Path root, Disk disk) {
    this.root = root;
    this.disk = disk;
  }

  @Override
  public void put(String key, Path file, CancellationToken token) throws IOException {
    Faults.point(RemoteStore.UPLOAD, IOException::new);
    try (Disk.Input in = disk.open(file)) {
      put(key, in, token);
    }
  }

  private void put(String key, Disk.Input in, CancellationToken token) throws IOException {
    replace(path(key), out -> copy(in, out, token));
  }

  @Override
  public void put(String key, byte[] content, CancellationToken token) throws IOException {
    Faults.point(RemoteStore.UPLOAD, IOException::new);
    token.throwIfCancelled();
    replace(path(key), out -> out.write(ByteBuffer.wrap(content)));
  }

  private interface Content {
    void writeTo(Disk.Output out) throws IOException;
  }

  /** Others may put the same object at the same time: each has a temporary file of its own. */
  private void replace(Path file, Content content) throws IOException {
    Path folder = parent(file);
    disk.createFolder(folder);
    Path temporary = folder.resolve(file.getFileName() + owner + temporaries.incrementAndGet() + TEMPORARY);
    boolean complete = false;
    try {
      write(temporary, content);
      disk.rename(temporary, file);
      complete = true;
    } finally {
      if (!complete) {
        disk.delete(temporary);
      }
    }
    disk.syncFolder(folder);
  }

  private void write(Path file, Content content) throws IOException {
    try (Disk.Output out = disk.create(file)) {
      content.writeTo(out);
      out.sync();
    }
  }

  private static void copy(Disk.Input in, Disk.Output out, CancellationToken token) throws IOException {
    long size = in.size();
    for (long position = 0; position < size; position += CHUNK) {
      token.throwIfCancelled();
      ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, size - position));
      in.read(chunk, position);
      out.write(chunk.flip());
    }
  }

  @Override
  public Optional<byte[]> read(String key, CancellationToken token) throws IOException {
    Faults.point(RemoteStore.DOWNLOAD, IOException::new);
    token.throwIfCancelled();
    try (Disk.Input in = disk.open(path(key))) {
      ByteBuffer content = ByteBuffer.allocate(Math.toIntExact(in.size()));
      in.read(content, 0);
      return Optional.of(content.array());
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    }
  }

  @Override
  public void fetch(String key, Path file, CancellationToken token) throws IOException {
    Faults.point(RemoteStore.DOWNLOAD, IOException::new);
    try (Disk.Input in = disk.open(path(key))) {
      write(file, out -> copy(in, out, token));
    }
  }

  @Override
  public List<String> list(String prefix, CancellationToken token) throws IOException {
    Faults.point(RemoteStore.LIST, IOException::new);
    Path folder = path(prefix);
    List<String> keys = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      Files.walkFileTree(folder, new SimpleFileVisitor<>() {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
          token.throwIfCancelled();
          keys.add(root.relativize(file).toString().replace('\\', '/'));
          return FileVisitResult.CONTINUE;
        }

        // Others remove objects meanwhile.
        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failed) throws IOException {
          if (failed instanceof NoSuchFileException) {
            return FileVisitResult.CONTINUE;
          }
          throw failed;
        }
      });
    }
    Collections.sort(keys);
    return keys;
  }

  @Override
  public void delete(String key, CancellationToken token) throws IOException {
    Faults.point(RemoteStore.DELETE, IOException::new);
    token.throwIfCancelled();
    Path file = path(key);
    if (Files.isRegularFile(file)) {
      disk.delete(file);
      disk.syncFolder(parent(file));
    }
  }

  private Path path(String key) {
    Path file = root.resolve(key).normalize();
    if (!file.startsWith(root) || file.equals(root)) {
      throw new IllegalArgumentException("no key: \"" + key + "\"");
    }
    return file;
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("not in a folder: " + file);
    }
    return parent;
  }

  @Override
  public String toString() {
    return "remote store " + root;
  }
}
