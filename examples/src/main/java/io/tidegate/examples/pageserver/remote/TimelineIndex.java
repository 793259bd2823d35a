// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.remote;

import io.tidegate.examples.pageserver.storage.MetadataFile;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the remote store has of a timeline: the layers that belong to it, and the metadata that vouch for them.
 *
 * @param deleted whether the timeline is being deleted: what is left of it is to be removed
 * @param layers the names of the layers
 * @param metadata the timeline's metadata
 */
public record TimelineIndex(boolean deleted, Set<String> layers, TimelineMetadata metadata) {
  /*
   * Lines of ASCII, each ended by a line feed, in this order:
   *
   *   tidegate timeline index, version 1
   *   deleted = true or false
   *   layers = their names, in order, each behind a space
   *   the content of the metadata's file, which ends with its checksum
   *
   * The store keeps objects as they were put. So the checksum of the metadata only shows that it is an index at all.
   */
  private static final String FIRST_LINE = "tidegate timeline index, version 1";
  private static final String DELETED = "deleted = ";
  private static final String LAYERS = "layers =";

  /** Makes an index; the names are copied, in order. */
  public TimelineIndex {
    layers = Collections.unmodifiableSet(new TreeSet<>(layers));
  }

  /** {@return the same, marked as deleted} */
  public TimelineIndex asDeleted() {
    return new TimelineIndex(true, layers, metadata);
  }

  /** {@return the object's content} */
  public byte[] encode() {
    String head = FIRST_LINE + "\n"
        + DELETED + deleted + "\n"
        + LAYERS + String.join("", layers.stream().map(name -> " " + name).toList()) + "\n";
    byte[] first = head.getBytes(StandardCharsets.US_ASCII);
    byte[] second = MetadataFile.encode(metadata);
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /**
   * {@return what an object's content says}
   *
   * @param key the object's key, for the message
   * @param content all of it
   * @throws IOException if it is no index
   */
  public static TimelineIndex decode(String key, byte[] content) throws IOException {
    String[] lines = new String(content, StandardCharsets.ISO_8859_1).split("\n", 4);
    if (lines.length < 4 || !lines[0].equals(FIRST_LINE) || !lines[2].startsWith(LAYERS)) {
      throw new IOException(key + " is no index of a timeline");
    }
    Set<String> layers = new TreeSet<>(Arrays.asList(lines[2].substring(LAYERS.length()).strip().split(" ", -1)));
    layers.remove("");
    TimelineMetadata metadata =
        MetadataFile.parse(Path.of(key), lines[3].getBytes(StandardCharsets.ISO_8859_1));
    return new TimelineIndex(lines[1].equals(DELETED + true), layers, metadata);
  }
}
