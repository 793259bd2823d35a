// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A file that at most one store of all processes holds locked; it names the process that holds it. */
final class LockFile implements Closeable {
  /*
   * POSIX drops a process's locks on a file as soon as the process closes any descriptor of it. So a second attempt in
   * this process must be refused before it opens the file, or its failure would unlock the file for other processes.
   */
  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

  private final Path name;
  private final FileChannel channel;

  private LockFile(Path name, FileChannel channel) {
    this.name = name;
    this.channel = channel;
  }

  static LockFile acquire(Path file) throws IOException {
    Path name = realName(file);
    if (!HELD_HERE.add(name)) {
      throw taken(file, "this process, " + ProcessHandle.current().pid());
    }
    @Nullable FileChannel channel = null;
    boolean interrupted = Thread.interrupted(); // an interrupt would close the channel
    boolean locked = false;
    try {
      channel = FileChannel.open(
          name, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (channel.tryLock() == null) {
        throw taken(file, "process " + holder(channel));
      }
      writeHolder(channel);
      locked = true;
      return new LockFile(name, channel);
    } finally {
      if (!locked) {
        release(name, channel);
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      release(name, channel);
    }
  }

  private static void release(Path name, @Nullable FileChannel channel) throws IOException {
    try {
      if (channel != null) {
        channel.close();
      }
    } finally {
      HELD_HERE.remove(name);
    }
  }

  private static Path realName(Path file) throws IOException {
    @Nullable Path parent = file.toAbsolutePath().getParent();
    return parent == null || !Files.exists(parent)
        ? file.toAbsolutePath()
        : parent.toRealPath().resolve(file.toAbsolutePath().getFileName());
  }

  private static IOException taken(Path file, String holder) {
    return new FileSystemException(
        file.toString(), null, "the folder is in use by " + holder + "; only one store may use it at a time");
  }

  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(20);
    channel.read(text, 0);
    String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip();
    return pid.isEmpty() ? "(unknown)" : pid;
  }

  private static void writeHolder(FileChannel channel) throws IOException {
    channel.truncate(0);
    String text = ProcessHandle.current().pid() + "\n";
    channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)), 0);
  }
}
