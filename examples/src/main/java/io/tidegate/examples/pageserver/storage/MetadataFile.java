// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.TimelineMetadata.BranchPoint;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The file {@code metadata} of a timeline's folder: a {@link TimelineMetadata} as text with a checksum. */
public final class MetadataFile {
  /*
   * Lines of ASCII, each ended by a line feed, in this order:
   *
   *   tidegate timeline metadata, version 1
   *   tenant_id = 32 hexadecimal digits
   *   timeline_id = 32 hexadecimal digits
   *   system_identifier = decimal, unsigned
   *   postgres_timeline = decimal
   *   slot_name = as in PostgreSQL
   *   start_lsn = as PostgreSQL writes it
   *   disk_consistent_lsn = as PostgreSQL writes it
   *   branch_point = none, or the ancestor's 32 hexadecimal digits, "at" and the position
   *   compacted_lsn = as PostgreSQL writes it
   *   gc_cutoff_lsn = as PostgreSQL writes it
   *   layer = a file of level 1 or an image layer, for each one of them
   *   crc32c = 8 hexadecimal digits, of all bytes before this line
   *
   * There is exactly one text for each value: a file that differs from the text of what was read from it is damaged.
   */
  /** The file's name in the timeline's folder. */
  public static final String NAME = "metadata";

  private static final String FIRST_LINE = "tidegate timeline metadata, version 1";
  private static final String NO_BRANCH = "none";
  private static final String AT = " at ";
  /** With the checksum's, and the empty one behind the last line feed. */
  private static final int FIXED_LINES = 13;

  private static final int MAX_BYTES = 16 << 20;

  private MetadataFile() {}

  /**
   * Replaces the file's content; durable on return, and a crash leaves the old content or the new.
   *
   * @param disk where the folder is
   * @param folder the timeline's folder
   * @param metadata the new content
   * @throws IOException if I/O fails
   */
  public static void write(Disk disk, Path folder, TimelineMetadata metadata) throws IOException {
    Durable.replace(disk, folder.resolve(NAME), out -> out.write(ByteBuffer.wrap(encode(metadata))));
  }

  static TimelineMetadata read(Disk disk, Path folder) throws IOException {
    Path file = folder.resolve(NAME);
    byte[] content;
    try (Disk.Input in = disk.open(file)) {
      if (in.size() > MAX_BYTES) {
        throw damaged(file, MAX_BYTES, "at most " + MAX_BYTES + " bytes", in.size() + " bytes");
      }
      ByteBuffer bytes = ByteBuffer.allocate((int) in.size());
      RecordScan.read(file, in, bytes, 0);
      content = bytes.array();
    }
    return parse(file, content);
  }

  /**
   * {@return what the file's content says}
   *
   * @param file the file, for the message
   * @param content all of it
   * @throws CorruptLayerException if it is not what was written
   */
  public static TimelineMetadata parse(Path file, byte[] content) throws CorruptLayerException {
    @Nullable TimelineMetadata metadata = decode(content);
    int difference = metadata == null ? 0 : Arrays.mismatch(encode(metadata), content);
    if (metadata == null || difference >= 0) {
      throw damaged(file, difference, "the text of a timeline's metadata, version 1, with its checksum",
          metadata == null ? content.length + " bytes of something else" : "another text or checksum");
    }
    return metadata;
  }

  static CorruptLayerException damaged(Path file, long offset, String expected, String found) {
    return new CorruptLayerException(file, offset, expected, found
        + ". No crash of this program leaves it so. Restore the file from a backup of the whole folder, or remove the"
        + " folder and the timeline's slot and create the timeline again");
  }

  /** {@return the content of the file of some metadata} */
  public static byte[] encode(TimelineMetadata metadata) {
    String body = FIRST_LINE + "\n"
        + "tenant_id = " + metadata.tenantId() + "\n"
        + "timeline_id = " + metadata.timelineId() + "\n"
        + "system_identifier = " + Long.toUnsignedString(metadata.systemIdentifier()) + "\n"
        + "postgres_timeline = " + metadata.postgresTimeline() + "\n"
        + "slot_name = " + metadata.slotName() + "\n"
        + "start_lsn = " + metadata.startLsn() + "\n"
        + "disk_consistent_lsn = " + metadata.diskConsistentLsn() + "\n"
        + "branch_point = " + metadata.branchPoint().map(MetadataFile::text).orElse(NO_BRANCH) + "\n"
        + "compacted_lsn = " + metadata.stored().compactedLsn() + "\n"
        + "gc_cutoff_lsn = " + metadata.stored().gcCutoffLsn() + "\n"
        + metadata.stored().names().stream().map(name -> "layer = " + name + "\n").collect(Collectors.joining());
    byte[] bytes = body.getBytes(StandardCharsets.US_ASCII);
    int checksum = Checksums.of(ByteBuffer.wrap(bytes), bytes.length);
    return (body + "crc32c = " + Checksums.text(checksum) + "\n").getBytes(StandardCharsets.US_ASCII);
  }

  private static @Nullable TimelineMetadata decode(byte[] content) {
    String[] lines = new String(content, StandardCharsets.ISO_8859_1).split("\n", -1);
    if (lines.length < FIXED_LINES || !lines[0].equals(FIRST_LINE)) {
      return null;
    }
    try {
      return new TimelineMetadata(
          TenantId.parse(value(lines[1])),
          TimelineId.parse(value(lines[2])),
          Long.parseUnsignedLong(value(lines[3])),
          Integer.parseInt(value(lines[4])),
          value(lines[5]),
          Lsn.parse(value(lines[6])),
          Lsn.parse(value(lines[7])),
          branchPoint(value(lines[8])),
          new StoredLayers(Lsn.parse(value(lines[9])), Lsn.parse(value(lines[10])), layers(lines)));
    } catch (IllegalArgumentException malformed) {
      return null;
    }
  }

  private static List<String> layers(String[] lines) {
    return Arrays.stream(lines, FIXED_LINES - 2, lines.length - 2).map(MetadataFile::value).toList();
  }

  private static String text(BranchPoint point) {
    return point.timelineId() + AT + point.lsn();
  }

  private static Optional<BranchPoint> branchPoint(String text) {
    if (text.equals(NO_BRANCH)) {
      return Optional.empty();
    }
    int at = text.indexOf(AT);
    if (at < 0) {
      throw new IllegalArgumentException("no branch point: " + text);
    }
    Lsn lsn = Lsn.parse(text.substring(at + AT.length()));
    return Optional.of(new BranchPoint(TimelineId.parse(text.substring(0, at)), lsn));
  }

  private static String value(String line) {
    return line.substring(line.indexOf('=') + 1).strip();
  }
}
