// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidegate.examples.pageserver.wal.PageImage.Compression;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/**
 * Images as a PostgreSQL compresses them that can do so in every way.
 *
 * <p>Its log was recorded, as not every server is built with LZ4 and Zstandard: PostgreSQL 15 with segments of 1 MiB, and in
 * it the same index of the same table four times, each with another {@code wal_compression}.
 */
class CompressedImagesTest {
  private static final Lsn START = new Lsn(0xC0_0000);
  /** The file number of the index, in the order off, pglz, lz4, zstd. */
  private static final int FIRST_INDEX = 16_394;
  private static final List<Compression> METHODS =
      List.of(Compression.NONE, Compression.PGLZ, Compression.LZ4, Compression.ZSTD);
  private static final int PAGE_HEADER = 24;

  @Test
  void page_compressedInAnyWay_isThatOfTheUncompressedImage() throws Exception {
    Map<PageKey, ByteBuffer> pages = new TreeMap<>();
    Set<Compression> seen = EnumSet.noneOf(Compression.class);
    for (WalRecord record : Decoding.feed(new WalDecoder(START, LogWriter.LAYOUT), log())) {
      for (BlockReference block : record.blocks()) {
        PageImage image = block.image();
        int index = block.key().relation() - FIRST_INDEX;
        if (image != null && index >= 0) {
          assertEquals(METHODS.get(index), image.compression());
          seen.add(image.compression());
          pages.put(block.key(), PageRestore.page(record, block.key()));
        }
      }
    }
    assertEquals(EnumSet.allOf(Compression.class), seen);
    assertEquals(8, pages.size(), () -> pages.keySet().toString());
    pages.forEach((key, page) -> {
      PageKey plain = new PageKey(key.tablespace(), key.database(), FIRST_INDEX, key.fork(), key.block());
      assertEquals(content(Objects.requireNonNull(pages.get(plain))), content(page), () -> key + " as " + plain);
    });
  }

  /** {@return a page without its header, which has an LSN and a checksum of its own} */
  private static ByteBuffer content(ByteBuffer page) {
    return page.slice(PAGE_HEADER, WalLayout.PAGE_SIZE - PAGE_HEADER);
  }

  private static ByteBuffer log() throws IOException {
    try (InputStream stored = CompressedImagesTest.class.getResourceAsStream("compressed-images.wal.gz");
        InputStream unpacked = new GZIPInputStream(Objects.requireNonNull(stored))) {
      return ByteBuffer.wrap(unpacked.readAllBytes());
    }
  }
}
