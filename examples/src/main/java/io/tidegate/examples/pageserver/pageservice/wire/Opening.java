// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice.wire;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** The first thing that a client sends, which has no type byte: a request for encryption, for a cancel, or to begin. */
public sealed interface Opening {
  /** Asks for TLS or GSSAPI encryption; the answer is one byte, and another opening follows. */
  record Encryption() implements Opening {}

  /**
   * Asks, through a connection of its own, to end what another one's command does.
   *
   * @param process the number that the other was told
   * @param secret the secret that it was told
   */
  record Cancel(int process, int secret) implements Opening {}

  /**
   * Begins a session.
   *
   * @param minorVersion the newest 3.x of the protocol that the client speaks
   * @param parameters what it says of itself: user, database, application_name and so on
   */
  record Start(int minorVersion, Map<String, String> parameters) implements Opening {
    /** Keeps a copy, in the order given. */
    public Start {
      parameters = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }
  }

  /** The version that stands for a request for TLS. */
  int TLS = 80877103;
  /** The version that stands for a request for GSSAPI encryption. */
  int GSSAPI = 80877104;
  /** The version that stands for a cancel request. */
  int CANCEL = 80877102;

  /**
   * {@return the opening that a packet is}
   *
   * @param packet what follows the length
   * @throws ProtocolViolationException if it is none
   */
  static Opening parse(ByteBuffer packet) throws ProtocolViolationException {
    Fields fields = new Fields("the startup packet", packet);
    int version = fields.int32();
    Opening opening = switch (version) {
      case TLS, GSSAPI -> new Encryption();
      case CANCEL -> new Cancel(fields.int32(), fields.int32());
      default -> start(version, fields);
    };
    fields.end();
    return opening;
  }

  private static Start start(int version, Fields fields) throws ProtocolViolationException {
    if (version >>> 16 != 3) {
      throw new ProtocolViolationException(
          "protocol " + (version >>> 16) + "." + (version & 0xFFFF) + " is not spoken here: the server speaks 3.0");
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String name = fields.text(); !name.isEmpty(); name = fields.text()) {
      if (parameters.put(name, fields.text()) != null) {
        throw new ProtocolViolationException("the startup packet has a parameter twice");
      }
    }
    return new Start(version & 0xFFFF, parameters);
  }
}
