// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The pages that a PostgreSQL has in its own data files, of its default tablespaces. */
final class DataFiles {
  private static final int PAGE = 8192;
  private static final int DEFAULT_TABLESPACE = 1663;
  private static final int GLOBAL_TABLESPACE = 1664;
  private static final int SEGMENT_PAGES = 131072;
  private static final Pattern NAME = Pattern.compile("(\\d+)(_fsm|_vm|_init)?(?:\\.(\\d+))?");
  private static final List<String> FORKS = List.of("", "_fsm", "_vm", "_init");

  private DataFiles() {}

  /** {@return where two pages differ, for a message} */
  static String difference(ByteBuffer one, ByteBuffer other) {
    StringBuilder places = new StringBuilder();
    for (int at = 0; at < PAGE && places.length() < 200; at++) {
      if (one.get(at) != other.get(at)) {
        places.append(String.format(" %d: %02x %02x", at, one.get(at), other.get(at)));
      }
    }
    return "lower " + one.getShort(12) + ", upper " + one.getShort(14) + ", special " + one.getShort(16) + ";" + places;
  }

  /** {@return all pages, as the files have them now} */
  static Map<PageKey, ByteBuffer> read(Path dataDirectory) throws IOException {
    Map<PageKey, ByteBuffer> pages = new TreeMap<>();
    addAll(pages, GLOBAL_TABLESPACE, 0, dataDirectory.resolve("global"));
    try (Stream<Path> databases = Files.list(dataDirectory.resolve("base"))) {
      for (Path database : databases.filter(each -> each.getFileName().toString().matches("\\d+")).toList()) {
        addAll(pages, DEFAULT_TABLESPACE, Integer.parseInt(database.getFileName().toString()), database);
      }
    }
    return pages;
  }

  private static void addAll(Map<PageKey, ByteBuffer> pages, int tablespace, int database, Path folder)
      throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        if (name.matches()) {
          byte[] content = Files.readAllBytes(file);
          byte fork = (byte) FORKS.indexOf(Optional.ofNullable(name.group(2)).orElse(""));
          int first = Integer.parseInt(Optional.ofNullable(name.group(3)).orElse("0")) * SEGMENT_PAGES;
          for (int block = 0; (block + 1) * PAGE <= content.length; block++) {
            PageKey key = new PageKey(tablespace, database, Integer.parseInt(name.group(1)), fork, first + block);
            pages.put(key, ByteBuffer.wrap(content, block * PAGE, PAGE).slice().order(ByteOrder.LITTLE_ENDIAN));
          }
        }
      }
    }
  }

  /** {@return the position that a page is stamped with} */
  static Lsn lsn(ByteBuffer page) {
    return new Lsn((long) page.getInt(0) << 32 | Integer.toUnsignedLong(page.getInt(4)));
  }

  /**
   * {@return a page without what PostgreSQL changes and does not log}
   *
   * <p>As its own {@code src/backend/access/common/bufmask.c} does for its consistency checks: hints of heap tuples,
   * dead marks of index tuples, what is derived from them, and what is left in unused space.
   */
  static ByteBuffer withoutHints(ByteBuffer page) {
    ByteBuffer masked = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN).put(page.duplicate()).clear();
    masked.order(ByteOrder.LITTLE_ENDIAN).putShort(8, (short) 0).putShort(10, (short) 0).putInt(20, 0);
    int lower = Short.toUnsignedInt(masked.getShort(12));
    int upper = Short.toUnsignedInt(masked.getShort(14));
    int special = Short.toUnsignedInt(masked.getShort(16));
    for (int at = lower; at < upper && upper <= PAGE; at++) {
      masked.put(at, (byte) 0); // what was there once
    }
    for (int at = 24; at + 4 <= lower && lower <= PAGE; at += 4) {
      int item = masked.getInt(at);
      int tuple = item & 0x7FFF;
      if (special == PAGE && item >>> 17 > 0) {
        masked.putInt(tuple + 8, 0); // the command
        masked.putShort(tuple + 20, (short) (masked.getShort(tuple + 20) & ~0x0F00)); // committed or not
      }
      masked.putInt(at, item & ~0x18000); // the flags
    }
    if (special < PAGE && special + 16 <= PAGE) {
      masked.putInt(PAGE - 4, 0); // flags and cycle of a B-tree page
    }
    return masked;
  }
}
