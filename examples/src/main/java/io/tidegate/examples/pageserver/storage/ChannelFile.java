// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;

/** A file read and written by position, which an interrupt of one of its users does not close. */
final class ChannelFile implements Disk.Input, Disk.Output {
  /*
   * The JDK closes a FileChannel for everybody when one thread inside it is interrupted.
   *
   *   from        to          by
   *   open        dead        the JDK, on an interrupt
   *   dead        open        reopen, by whichever user notices first
   *   open, dead  closed      close
   *
   * I1  'closed' is final: a user that finds the channel closed after it fails, and none is opened any more.
   * I2  Every operation is positional, so that doing it once more from its beginning has the same effect.
   * I3  A file is reopened by its name: it is renamed only after it was closed.
   */
  private final Path file;
  private final OpenOption mode;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile FileChannel channel; // written under the lock
  private boolean closed; // under the lock
  private long written; // the writing thread only

  private ChannelFile(Path file, OpenOption mode, FileChannel channel) {
    this.file = file;
    this.mode = mode;
    this.channel = channel;
  }

  static ChannelFile open(Path file) throws IOException {
    return new ChannelFile(file, StandardOpenOption.READ, FileChannel.open(file, StandardOpenOption.READ));
  }

  static ChannelFile create(Path file) throws IOException {
    FileChannel channel = FileChannel.open(
        file, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
    return new ChannelFile(file, StandardOpenOption.WRITE, channel);
  }

  @Override
  public long size() throws IOException {
    return uninterrupted(FileChannel::size);
  }

  @Override
  public void read(ByteBuffer target, long position) throws IOException {
    int start = target.position();
    uninterrupted(from -> {
      target.position(start);
      while (target.hasRemaining()) {
        long at = position + target.position() - start;
        if (from.read(target, at) < 0) {
          throw new EOFException(file + " ends at byte " + at + ", " + target.remaining() + " bytes too early");
        }
      }
      return 0;
    });
  }

  @Override
  public void write(ByteBuffer source) throws IOException {
    int start = source.position();
    uninterrupted(to -> {
      source.position(start);
      while (source.hasRemaining()) {
        to.write(source, written + source.position() - start);
      }
      return 0;
    });
    written += source.position() - start;
  }

  @Override
  public void sync() throws IOException {
    uninterrupted(every -> {
      every.force(true);
      return 0;
    });
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      channel.close();
    } finally {
      lock.unlock();
    }
  }

  private interface Operation {
    long on(FileChannel channel) throws IOException;
  }

  private long uninterrupted(Operation operation) throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        FileChannel current = channel;
        try {
          return operation.on(current);
        } catch (ClosedChannelException closedByInterruptOrOwner) {
          interrupted |= Thread.interrupted();
          reopen(closedByInterruptOrOwner);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void reopen(ClosedChannelException reason) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw reason;
      }
      if (!channel.isOpen()) {
        channel = FileChannel.open(file, mode);
      }
    } finally {
      lock.unlock();
    }
  }
}
