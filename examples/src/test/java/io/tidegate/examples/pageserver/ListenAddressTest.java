// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses as they are written on the command line. */
class ListenAddressTest {
  @ParameterizedTest
  @CsvSource({
      "127.0.0.1:64000, /127.0.0.1:64000", "127.0.0.1:0, /127.0.0.1:0", "0.0.0.0:65535, /0.0.0.0:65535",
      "[::1]:1, /[0:0:0:0:0:0:0:1]:1"})
  void parse_takesHostAndPort(String text, String address) {
    assertEquals(address, ListenAddress.parse(text).toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "", "64000", ":64000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:1a", "::1:64000",
      "no such host:1"})
  void parse_ofAnythingElse_isRefused(String text) {
    IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> ListenAddress.parse(text));
    assertTrue(String.valueOf(refused.getMessage()).contains("'"), refused::toString);
  }
}
