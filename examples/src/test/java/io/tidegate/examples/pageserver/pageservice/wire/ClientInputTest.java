// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Openings and messages as clients send them, whole, in pieces, and cut. */
class ClientInputTest {
  private static ClientInput of(byte[]... parts) {
    return new ClientInput(new ByteArrayInputStream(joined(parts)));
  }

  /** {@return an input that gets one byte at a time} */
  private static ClientInput slow(byte[]... parts) {
    InputStream all = new ByteArrayInputStream(joined(parts));
    return new ClientInput(new InputStream() {
      @Override
      public int read() throws IOException {
        return all.read();
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        return all.read(bytes, offset, 1);
      }
    });
  }

  private static byte[] joined(byte[]... parts) {
    ByteBuffer all = ByteBuffer.allocate(200_000);
    for (byte[] part : parts) {
      all.put(part);
    }
    return java.util.Arrays.copyOf(all.array(), all.position());
  }

  private static byte[] ascii(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  private static byte[] opening(int version, String rest) {
    return ByteBuffer.allocate(8 + rest.length())
        .putInt(8 + rest.length()).putInt(version).put(ascii(rest)).array();
  }

  private static byte[] message(char type, String body) {
    return ByteBuffer.allocate(5 + body.length())
        .put((byte) type).putInt(4 + body.length()).put(ascii(body)).array();
  }

  private static String complaint(ClientInput input, boolean opening) {
    ProtocolViolationException thrown = assertThrows(ProtocolViolationException.class,
        () -> {
          if (opening) {
            input.opening();
          } else {
            input.message();
          }
        });
    return String.valueOf(thrown.getMessage());
  }

  @Test
  void openings_areTakenInTurn() throws IOException {
    byte[] cancel = ByteBuffer.allocate(16).putInt(16).putInt(Opening.CANCEL).putInt(7).putInt(-9).array();
    byte[] start = opening(3 << 16 | 2, "user\0me\0database\0\0\0");
    for (ClientInput input : new ClientInput[] {
        of(opening(Opening.TLS, ""), opening(Opening.GSSAPI, ""), cancel, start),
        slow(opening(Opening.TLS, ""), opening(Opening.GSSAPI, ""), cancel, start)}) {
      assertEquals(new Opening.Encryption(), input.opening());
      assertEquals(new Opening.Encryption(), input.opening());
      assertEquals(new Opening.Cancel(7, -9), input.opening());
      assertEquals(new Opening.Start(2, Map.of("user", "me", "database", "")), input.opening());
      assertThrows(EOFException.class, input::opening);
    }
  }

  @Test
  void messages_areTakenInTurn() throws IOException {
    byte[][] all = {
      message('Q', "show\0"), message('P', "s\0status\0\0\1\0\0\0\0"), message('B', "p\0s\0\0\0\0\0\0\1\0\0"),
      message('D', "Ss\0"), message('E', "p\0\0\0\0\0"), message('C', "Pp\0"), message('S', ""), message('H', ""),
      message('d', "abc"), message('c', ""), message('f', "why\0"), message('X', "")};
    for (ClientInput input : new ClientInput[] {of(all), slow(all)}) {
      assertEquals(new ClientMessage.Query("show"), input.message());
      assertEquals(new ClientMessage.Parse("s", "status"), input.message());
      assertEquals(new ClientMessage.Bind("p", "s"), input.message());
      assertEquals(new ClientMessage.Describe(new ClientMessage.Target(false, "s")), input.message());
      assertEquals(new ClientMessage.Execute("p"), input.message());
      assertEquals(new ClientMessage.Forget(new ClientMessage.Target(true, "p")), input.message());
      assertInstanceOf(ClientMessage.Sync.class, input.message());
      assertInstanceOf(ClientMessage.Flush.class, input.message());
      assertEquals(new ClientMessage.CopyData(ByteBuffer.wrap(ascii("abc"))), input.message());
      assertInstanceOf(ClientMessage.CopyDone.class, input.message());
      assertEquals(new ClientMessage.CopyFail("why"), input.message());
      assertInstanceOf(ClientMessage.Terminate.class, input.message());
      assertInstanceOf(ClientMessage.Terminate.class, input.message(), "as a client that closes");
    }
  }

  @Test
  void messages_ofManySizes_surviveTheBuffersEnd() throws IOException {
    byte[][] all = new byte[60][];
    for (int i = 0; i < all.length; i++) {
      all[i] = message('d', "x".repeat(i * 271 % 3_000));
    }
    all[30] = message('d', "y".repeat(ClientInput.MAX_MESSAGE - 4));
    ClientInput input = of(all);
    for (byte[] each : all) {
      assertEquals(ByteBuffer.wrap(each, 5, each.length - 5).slice(), ((ClientMessage.CopyData) input.message()).bytes());
    }
  }

  @Test
  void hasMessage_isOfWholeMessages() throws IOException {
    ClientInput input = of(message('Q', "a\0"), message('Q', "b\0"), new byte[] {'Q', 0, 0, 0, 6, 'c'});
    assertFalse(input.hasMessage(), "nothing is read yet");
    input.message();
    assertTrue(input.hasMessage());
    input.message();
    assertFalse(input.hasMessage());
    assertThrows(EOFException.class, input::message);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      0          | it can have 8 to 10000
      7          | it can have 8 to 10000
      10001      | it can have 8 to 10000
      2147483647 | it can have 8 to 10000
      -1         | has 4294967295 bytes
      """)
  void opening_ofAWrongLength_isRefused(int length, String complaint) {
    assertTrue(complaint(of(ByteBuffer.allocate(8).putInt(length).array()), true).contains(complaint));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      196608 | user           | a text without an end
      196608 | user\\0me       | a text without an end
      196608 | user\\0me\\0     | a text without an end
      196608 | user\\0me\\0\\0x  | 1 bytes too many
      196608 | a\\0b\\0a\\0c\\0\\0 | a parameter twice
      131072 | \\0             | protocol 2.0 is not spoken
      -1     | \\0             | protocol 65535.65535 is not spoken
      80877102 | abcd         | too short
      80877102 | abcdefghi    | 1 bytes too many
      80877103 | a            | 1 bytes too many
      """)
  void opening_thatIsNone_isRefused(int version, String rest, String complaint) {
    String told = complaint(of(opening(version, rest.replace("\\0", "\0"))), true);
    assertTrue(told.contains(complaint), told);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false, textBlock = """
      Q|show|without an end
      Q|a\\0b\\0|2 bytes too many
      Q|\u00FF\\0|not UTF-8
      P|s\\0q\\0\\0\\2\\0\\0\\0\\0|too short
      B|p\\0s\\0\\0\\0\\0\\1\\0\\0|no parameters here, but 1
      B|p\\0s\\0\\0\\0\\0\\0\\0\\1\\0\\1|text format only
      D|Xs\\0|neither a statement nor a portal: 'X'
      E|p\\0|too short
      S|x|1 bytes too many
      p|secret\\0|no message 'p'
      \\2||no message 0x02
      """)
  void message_thatIsNone_isRefused(String type, String body, String complaint) {
    char first = type.equals("\\2") ? '\2' : type.charAt(0);
    String bytes = body == null ? "" : body.replace("\\0", "\0").replace("\\1", "\1").replace("\\2", "\2");
    String told = complaint(of(message(first, bytes)), false);
    assertTrue(told.contains(complaint), told);
  }

  @ParameterizedTest
  @CsvSource({"0", "3", "16001", "2147483647", "-2147483648"})
  void message_ofAWrongLength_isRefusedBeforeItIsRead(int length) {
    ClientInput input = of(ByteBuffer.allocate(5).put((byte) 'Q').putInt(length).array());
    assertTrue(complaint(input, false).contains("it can have 4 to 16000"));
  }

  @Test
  void message_thatIsCut_isNoMessage() {
    byte[] whole = message('Q', "show\0");
    for (int length = 1; length < whole.length; length++) {
      ClientInput input = of(java.util.Arrays.copyOf(whole, length));
      assertThrows(EOFException.class, input::message);
    }
  }
}
