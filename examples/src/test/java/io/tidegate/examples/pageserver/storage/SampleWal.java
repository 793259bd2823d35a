// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageEffect;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.examples.pageserver.wal.PageTouch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;

/** A made-up log from a seed, and the plain model that layers are compared with. */
final class SampleWal {
  record Rec(Lsn endLsn, List<PageKey> keys, ByteBuffer bytes) {}

  final List<Rec> records = new ArrayList<>();
  private final Random random;
  private final Lsn start;
  private final int pages;
  private final int maxBytes;

  SampleWal(long seed, Lsn start, int pages, int maxBytes) {
    this.random = new Random(seed);
    this.start = start;
    this.pages = pages;
    this.maxBytes = maxBytes;
  }

  static PageKey page(int number) {
    return new PageKey(1663, 5, -5 + number / 8, (byte) (number % 3), number % 2 == 0 ? number : -number);
  }

  Lsn end() {
    return records.isEmpty() ? start : records.getLast().endLsn();
  }

  List<Rec> extend(int count) {
    List<Rec> added = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      LinkedHashSet<PageKey> keys = new LinkedHashSet<>();
      for (int n = random.nextInt(4); n > 0; n--) {
        keys.add(page(random.nextInt(pages)));
      }
      byte[] bytes = new byte[random.nextInt(maxBytes + 1)];
      random.nextBytes(bytes);
      Rec next = new Rec(end().plus(bytes.length + 8), List.copyOf(keys), ByteBuffer.wrap(bytes));
      records.add(next);
      added.add(next);
    }
    return added;
  }

  /** {@return the next {@code count} records as a frozen layer that starts where the last one ended} */
  FrozenLayer layer(int count) {
    Lsn from = end();
    return layer(from, extend(count), end());
  }

  static FrozenLayer layer(Lsn from, List<Rec> records, Lsn to) {
    return fill(new OpenLayer(from), records).freeze(to);
  }

  static OpenLayer fill(OpenLayer layer, List<Rec> records) {
    for (Rec each : records) {
      layer.put(each.endLsn(), touches(each.keys()), each.bytes(), 0);
    }
    return layer;
  }

  static List<PageTouch> touches(List<PageKey> keys) {
    return keys.stream().map(key -> new PageTouch(key, PageEffect.CHANGE)).toList();
  }

  List<LayerRecord> expected(PageKey key, Lsn upTo) {
    return records.stream()
        .filter(each -> each.keys().contains(key) && each.endLsn().compareTo(upTo) <= 0)
        .map(SampleWal::asRead)
        .toList();
  }

  List<LayerRecord> expected(Lsn upTo) {
    return records.stream().filter(each -> each.endLsn().compareTo(upTo) <= 0).map(SampleWal::asRead).toList();
  }

  /** Compares a layer that has the whole log, by all pages at some positions, and in order. */
  void check(Layer layer) throws IOException {
    assertEquals(expected(end()), readAll(layer));
    assertEquals(records.size(), layer.recordCount());
    for (int page = 0; page <= pages; page++) {
      PageKey key = page(page);
      assertEquals(expected(key, end()), layer.get(key, end()));
      Lsn middle = start.plus(random.nextLong(end().minus(start) + 1));
      assertEquals(expected(key, middle), layer.get(key, middle));
    }
  }

  static List<LayerRecord> readAll(Layer layer) throws IOException {
    List<LayerRecord> all = new ArrayList<>();
    layer.forEach((endLsn, bytes) -> {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      all.add(new LayerRecord(endLsn, ByteBuffer.wrap(copy)));
    });
    return all;
  }

  private static LayerRecord asRead(Rec each) {
    return new LayerRecord(each.endLsn(), each.bytes());
  }
}
