// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * What a page service is started with.
 *
 * @param listen where to listen; port 0 for any that is free
 * @param clients how many sessions there may be at a time
 * @param handshake how long a client may take until its session begins
 * @param silence how long a client may be silent in a session
 * @param farewell how long a client may take at the server's close to read what it is told
 * @param waitLsn how long a request waits for an LSN that was not received yet
 */
public record PageServiceSettings(
    InetSocketAddress listen, int clients, Duration handshake, Duration silence, Duration farewell, Duration waitLsn) {
  /**
   * {@return the usual limits}
   *
   * @param listen where to listen; port 0 for any that is free
   */
  public static PageServiceSettings on(InetSocketAddress listen) {
    return new PageServiceSettings(
        listen, 100, Duration.ofSeconds(30), Duration.ofMinutes(10), Duration.ofMillis(500), Duration.ofMinutes(5));
  }

  /**
   * {@return the same with another limit of the wait for an LSN}
   *
   * @param limit how long
   */
  public PageServiceSettings withWaitLsn(Duration limit) {
    return new PageServiceSettings(listen, clients, handshake, silence, farewell, limit);
  }
}
