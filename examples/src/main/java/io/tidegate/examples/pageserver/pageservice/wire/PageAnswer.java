// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The answers in a stream of version 2, as pieces of copy data. */
public final class PageAnswer {
  private static final byte EXISTS = 100;
  private static final byte BLOCKS = 101;
  private static final byte PAGE = 102;
  private static final byte ERROR = 103;
  private static final byte DATABASE_SIZE = 104;

  private PageAnswer() {}

  /** {@return the answer to {@link PageRequest.Exists}} */
  public static byte[] exists(boolean exists) {
    return new byte[] {EXISTS, (byte) (exists ? 1 : 0)};
  }

  /** {@return the answer to {@link PageRequest.Blocks}} */
  public static byte[] blocks(int count) {
    return ByteBuffer.allocate(1 + Integer.BYTES).put(BLOCKS).putInt(count).array();
  }

  /** {@return the answer to {@link PageRequest.Page}} */
  public static byte[] page(ByteBuffer page) {
    return ByteBuffer.allocate(1 + page.remaining()).put(PAGE).put(page).array();
  }

  /** {@return the answer to {@link PageRequest.DatabaseSize}, in bytes} */
  public static byte[] databaseSize(long size) {
    return ByteBuffer.allocate(1 + Long.BYTES).put(DATABASE_SIZE).putLong(size).array();
  }

  /** {@return the answer to what cannot be answered: one line that says why} */
  public static byte[] error(String message) {
    byte[] text = ServerOutput.plain(message).getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(text.length + 2).put(ERROR).put(text).put((byte) 0).array();
  }
}
