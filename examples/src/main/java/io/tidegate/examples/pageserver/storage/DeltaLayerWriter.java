// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** Writes a frozen layer as a file in the form that {@link LayerHeader} describes. */
final class DeltaLayerWriter {
  private final Disk.Output out;
  private final FrozenLayer layer;
  private final List<Positions> pages;
  private final LayerHeader header;
  private final ByteBuffer leaf = ByteBuffer.allocate(LayerHeader.LEAF_BYTES);
  private final ByteBuffer root;

  private DeltaLayerWriter(Disk.Output out, FrozenLayer layer) {
    this.out = out;
    this.layer = layer;
    this.pages = layer.index().sorted();
    long entries = pages.stream().mapToLong(Positions::size).sum();
    this.header =
        new LayerHeader(layer.startLsn(), layer.endLsn(), layer.recordCount(), entries, layer.byteCount());
    this.root = ByteBuffer.allocate(header.rootBytes());
  }

  /**
   * Writes a layer under a temporary name, gives it its own name, and returns once both are durable.
   *
   * @throws IOException if a step fails; a temporary file may be left, or a complete file under the layer's name
   */
  static Path write(Disk disk, FrozenLayer layer, Path folder) throws IOException {
    Path file = folder.resolve(new LayerName(layer.startLsn(), layer.endLsn()).toString());
    Durable.replace(disk, file, out -> new DeltaLayerWriter(out, layer).writeAll());
    return file;
  }

  private void writeAll() throws IOException {
    out.write(header.encode());
    layer.log().writeTo(out);
    for (Positions positions : pages) {
      writeEntries(positions);
    }
    if (leaf.position() > 0) {
      writeLeaf();
    }
    Checksums.seal(root);
    out.write(root.flip());
    out.write(header.encodeFooter());
  }

  private void writeEntries(Positions positions) throws IOException {
    int size = positions.size();
    for (int i = 0; i < size; i++) {
      long at = positions.at(i);
      IndexEntry entry = new IndexEntry(positions.key(), layer.log().lsnAt(at), at, layer.log().lengthAt(at));
      if (leaf.position() == 0) {
        entry.encodePrefix(root);
      }
      entry.encode(leaf);
      if (leaf.remaining() == LayerHeader.CHECKSUM_BYTES) {
        writeLeaf();
      }
    }
  }

  private void writeLeaf() throws IOException {
    Checksums.seal(leaf);
    out.write(leaf.flip());
    leaf.clear();
  }
}
