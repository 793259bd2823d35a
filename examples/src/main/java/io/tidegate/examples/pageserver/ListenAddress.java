// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import java.net.InetSocketAddress;

/** Where to listen, as it is written on the command line. */
final class ListenAddress {
  private static final int LAST_PORT = 65_535;

  private ListenAddress() {}

  /**
   * {@return the address that a text like {@code 127.0.0.1:64000} or {@code [::1]:64000} is}
   *
   * @throws IllegalArgumentException if it is none, or there is no such host
   */
  static InetSocketAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    String port = text.substring(colon + 1);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (host.isEmpty() || !port.matches("\\d{1,5}") || Integer.parseInt(port) > LAST_PORT
        || (host.contains(":") && !bracketed)) {
      throw new IllegalArgumentException("'" + text + "' is no address like 127.0.0.1:64000 or [::1]:64000");
    }
    InetSocketAddress address = new InetSocketAddress(host, Integer.parseInt(port));
    if (address.isUnresolved()) {
      throw new IllegalArgumentException("there is no host '" + host + "'");
    }
    return address;
  }
}
