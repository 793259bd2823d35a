// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice.wire;

import java.io.IOException;

/** What a client sent is no message of the protocol, or is longer than this server takes. */
public final class ProtocolViolationException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * Tells what is wrong.
   *
   * @param message what, in words for the client
   */
  public ProtocolViolationException(String message) {
    super(message);
  }
}
