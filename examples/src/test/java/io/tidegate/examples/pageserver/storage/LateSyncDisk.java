// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A disk under a program with a mistake: it synchronizes a layer only when the metadata vouch for it. */
public final class LateSyncDisk extends ForwardingDisk {
  private static final String METADATA = MetadataFile.NAME + Durable.TEMPORARY;

  /** Layers that were to be synchronized. */
  private final List<Output> late = new ArrayList<>();

  /** Makes a disk that changes another one. */
  public LateSyncDisk(Disk disk) {
    super(disk);
  }

  @Override
  public Output create(Path file) throws IOException {
    Output out = super.create(file);
    return file.getFileName().toString().equals(METADATA) ? out : new LateOutput(out);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    super.rename(from, to);
    if (from.getFileName().toString().equals(METADATA)) {
      syncFolder(Objects.requireNonNull(from.getParent()));
      for (Output out : late) {
        out.sync();
      }
      late.clear();
    }
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
