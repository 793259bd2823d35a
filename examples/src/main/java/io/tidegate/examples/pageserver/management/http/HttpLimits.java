// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

import java.time.Duration;

/**
 * How much a client may ask of the server.
 *
 * @param lineBytes the longest request line; 414 above
 * @param headerBytes the longest headers of a request, all together; 431 above
 * @param bodyBytes the longest body; 413 above
 * @param connections how many may be open; 503 above
 * @param pipelined how many requests of one connection may wait for the one before; what comes after them is not read,
 *     and the connection is closed behind the last of them
 * @param patience how long a connection may take to bring a whole request, counted from its begin or from the answer
 *     before (408), and how long to take an answer
 */
public record HttpLimits(
    int lineBytes, int headerBytes, int bodyBytes, int connections, int pipelined, Duration patience) {
  /** What a management API needs, with room to spare. */
  public static final HttpLimits DEFAULT = new HttpLimits(4_096, 16_384, 65_536, 256, 8, Duration.ofSeconds(30));
}
