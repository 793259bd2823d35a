// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A disk under a program with a mistake: it synchronizes a layer only when the metadata vouch for it. */
public final class LateSyncDisk implements Disk {
  private static final String METADATA = MetadataFile.NAME + Durable.TEMPORARY;

  private final Disk disk;
  /** Layers that were to be synchronized. */
  private final List<Output> late = new ArrayList<>();

  /** Makes a disk that changes another one. */
  public LateSyncDisk(Disk disk) {
    this.disk = disk;
  }

  @Override
  public Output create(Path file) throws IOException {
    Output out = disk.create(file);
    return file.getFileName().toString().equals(METADATA) ? out : new LateOutput(out);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    disk.rename(from, to);
    if (from.getFileName().toString().equals(METADATA)) {
      disk.syncFolder(Objects.requireNonNull(from.getParent()));
      for (Output out : late) {
        out.sync();
      }
      late.clear();
    }
  }

  @Override
  public void createFolder(Path folder) throws IOException {
    disk.createFolder(folder);
  }

  @Override
  public List<Path> list(Path folder) throws IOException {
    return disk.list(folder);
  }

  @Override
  public Input open(Path file) throws IOException {
    return disk.open(file);
  }

  @Override
  public void delete(Path file) throws IOException {
    disk.delete(file);
  }

  @Override
  public void syncFolder(Path folder) throws IOException {
    disk.syncFolder(folder);
  }

  @Override
  public Closeable lock(Path file) throws IOException {
    return disk.lock(file);
  }

  private final class LateOutput implements Output {
    private final Output out;

    LateOutput(Output out) {
      this.out = out;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      out.write(source);
    }

    @Override
    public void sync() {
      late.add(out);
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }
}
