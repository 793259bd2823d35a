// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Writes a layer as a file in the form that {@link LayerHeader} describes. */
final class LayerFileWriter {
  private final Disk.Output out;
  private final LayerContent content;
  private final LayerHeader header;
  private final ByteBuffer leaf = ByteBuffer.allocate(LayerHeader.LEAF_BYTES);
  private final ByteBuffer root;

  private LayerFileWriter(Disk.Output out, LayerContent content) {
    this.out = out;
    this.content = content;
    this.header = LayerHeader.of(content);
    this.root = ByteBuffer.allocate(header.rootBytes());
  }

  /**
   * Writes a layer under a temporary name, gives it its own name, and returns once both are durable.
   *
   * @throws IOException if a step fails; a temporary file may be left, or a complete file under the layer's name
   */
  static Path write(Disk disk, LayerContent content, Path folder) throws IOException {
    Path file = folder.resolve(content.name().toString());
    Durable.replace(disk, file, out -> new LayerFileWriter(out, content).writeAll());
    return file;
  }

  private void writeAll() throws IOException {
    out.write(header.encode());
    content.writeData(out);
    content.writeEntries(this::write);
    if (leaf.position() > 0) {
      writeLeaf();
    }
    Checksums.seal(root);
    out.write(root.flip());
    out.write(header.encodeFooter());
  }

  private void write(IndexEntry entry) throws IOException {
    if (leaf.position() == 0) {
      entry.encodePrefix(root);
    }
    entry.encode(leaf);
    if (leaf.remaining() == LayerHeader.CHECKSUM_BYTES) {
      writeLeaf();
    }
  }

  private void writeLeaf() throws IOException {
    Checksums.seal(leaf);
    out.write(leaf.flip());
    leaf.clear();
  }
}
