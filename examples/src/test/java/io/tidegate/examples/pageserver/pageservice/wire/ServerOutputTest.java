// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Messages as clients get them. */
class ServerOutputTest {
  private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
  private final ServerOutput out = new ServerOutput(sent);

  private String text() throws IOException {
    out.flush();
    return sent.toString(StandardCharsets.ISO_8859_1).replace('\0', '.');
  }

  @Test
  void row_hasLengthsAndNulls() throws IOException {
    out.row(Arrays.asList("ab", null, ""));
    assertEquals("D...\24.\3...\2ab\u00FF\u00FF\u00FF\u00FF....", text());
  }

  @Test
  void error_hasItsFieldsInOneLine() throws IOException {
    out.error(ServerOutput.Severity.FATAL, SqlState.ADMIN_SHUTDOWN, "a\0b\nc");
    assertEquals("E...\41SFATAL.VFATAL.C57P01.Ma?b?c..", text());
  }

  @Test
  void error_thatIsLong_isCut() throws IOException {
    out.error(ServerOutput.Severity.ERROR, SqlState.SYNTAX_ERROR, "x".repeat(100_000));
    assertTrue(text().length() < 1_100);
  }

  @Test
  void messages_areSentWhenThereAreMany() throws IOException {
    byte[] piece = new byte[1_000];
    int pieces = 0;
    while (sent.size() == 0) {
      out.copyData(piece);
      pieces++;
    }
    assertEquals(pieces * 1_005, sent.size());
    assertTrue(pieces < 20, "sent at " + pieces);
    out.complete("x");
    assertEquals(pieces * 1_005, sent.size(), "this can wait");
    out.ready();
    assertEquals(pieces * 1_005 + 7 + 6, sent.size());
  }

  @Test
  void columns_areTexts() throws IOException {
    out.columns(List.of("a", "bc"));
    out.flush();
    ByteBuffer bytes = ByteBuffer.wrap(sent.toByteArray());
    assertEquals('T', bytes.get());
    assertEquals(sent.size() - 1, bytes.getInt());
    assertEquals(2, bytes.getShort());
    bytes.position(bytes.position() + 2 + 6);
    assertEquals(25, bytes.getInt(), "a text");
    assertEquals(5 + 2 + (2 + 18) + (3 + 18), sent.size());
  }
}
