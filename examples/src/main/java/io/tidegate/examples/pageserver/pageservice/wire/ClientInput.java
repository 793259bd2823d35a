// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Reads what a client sends, message by message.
 *
 * <p><b>Threads:</b> confined to the task of the connection. Reads block; closing the socket ends them.
 */
public final class ClientInput {
  /** The longest startup packet, its length included; PostgreSQL takes as much. */
  public static final int MAX_OPENING = 10_000;

  /** The longest message, its type byte not counted. */
  public static final int MAX_MESSAGE = 16_000;

  private static final int CAPACITY = 16_384;

  private final InputStream in;
  private final byte[] bytes = new byte[CAPACITY];
  private int position;
  private int limit;

  /**
   * Begins to read.
   *
   * @param in what the client sends; reads may give less than asked for
   */
  public ClientInput(InputStream in) {
    this.in = in;
  }

  /**
   * {@return the next opening}
   *
   * @throws ProtocolViolationException if what comes is none
   * @throws EOFException if the client has closed its end
   * @throws IOException if the socket breaks
   */
  public Opening opening() throws IOException {
    if (!fill(Integer.BYTES)) {
      throw new EOFException("the client left before it began");
    }
    int length = checkedLength("the startup packet", 0, 2 * Integer.BYTES, MAX_OPENING);
    fillAll(length);
    return Opening.parse(take(Integer.BYTES, length));
  }

  /**
   * {@return the next message; {@link ClientMessage.Terminate} if the client has closed its end after the last}
   *
   * @throws ProtocolViolationException if what comes is none
   * @throws EOFException if the client has closed its end within a message
   * @throws IOException if the socket breaks
   */
  public ClientMessage message() throws IOException {
    if (!fill(1)) {
      return new ClientMessage.Terminate();
    }
    fillAll(1 + Integer.BYTES);
    char type = (char) (bytes[position] & 0xFF);
    int length = checkedLength("message " + ClientMessage.name(type), 1, Integer.BYTES, MAX_MESSAGE);
    fillAll(1 + length);
    return ClientMessage.parse(type, take(1 + Integer.BYTES, 1 + length));
  }

  /** {@return whether a whole message has arrived that was not asked for yet; never blocks} */
  public boolean hasMessage() {
    int available = limit - position;
    return available > Integer.BYTES && available - 1 >= lengthAt(1);
  }

  private int checkedLength(String what, int offset, int least, int most) throws ProtocolViolationException {
    int length = lengthAt(offset);
    if (length < least || length > most) {
      throw new ProtocolViolationException(
          what + " says that it has " + Integer.toUnsignedString(length) + " bytes: it can have " + least + " to " + most);
    }
    return length;
  }

  private int lengthAt(int offset) {
    return ByteBuffer.wrap(bytes).getInt(position + offset);
  }

  /** Uses up so many bytes, and shows them without what precedes the body. */
  private ByteBuffer take(int header, int all) {
    ByteBuffer body = ByteBuffer.wrap(bytes, position + header, all - header).slice();
    position += all;
    return body;
  }

  private void fillAll(int wanted) throws IOException {
    if (!fill(wanted)) {
      throw new EOFException("the client left in the middle of a message");
    }
  }

  /** Reads until so many bytes are there; answers whether they are, or the client has closed its end before. */
  private boolean fill(int wanted) throws IOException {
    if (position + wanted > CAPACITY || position == limit) {
      System.arraycopy(bytes, position, bytes, 0, limit - position);
      limit -= position;
      position = 0;
    }
    while (limit - position < wanted) {
      int count = in.read(bytes, limit, CAPACITY - limit);
      if (count < 0) {
        return false;
      }
      limit += count;
    }
    return true;
  }
}
