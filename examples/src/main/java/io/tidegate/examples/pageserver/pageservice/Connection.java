// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.Registration;
import io.tidegate.examples.pageserver.pageservice.wire.ClientInput;
import io.tidegate.examples.pageserver.pageservice.wire.Opening;
import io.tidegate.examples.pageserver.pageservice.wire.ProtocolViolationException;
import io.tidegate.examples.pageserver.pageservice.wire.ServerOutput;
import io.tidegate.examples.pageserver.pageservice.wire.ServerOutput.Severity;
import io.tidegate.examples.pageserver.pageservice.wire.SqlState;
import io.tidegate.sync.Limiter;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client, from its first byte to its last.
 *
 * <p><b>Threads:</b> confined to its task.
 */
final class Connection {
  private static final Logger log = LoggerFactory.getLogger(Connection.class);

  private static final int ENCRYPTION_REQUESTS = 2;
  /** Whose protocol is spoken: clients choose by it what they may ask. */
  private static final String SERVER_VERSION = "15.0 (Tidegate pageserver)";

  private final ClientSocket socket;
  private final ClientInput in;
  private final ServerOutput out;
  private final Shared shared;

  /**
   * What all connections share.
   *
   * @param settings the limits
   * @param newcomers limits those who have not begun a session
   * @param clients limits those who have
   * @param commands understands commands
   * @param sessions all of them
   */
  record Shared(
      PageServiceSettings settings, Limiter newcomers, Limiter clients, Commands commands, Sessions sessions) {}

  Connection(ClientSocket socket, Shared shared) throws IOException {
    this.socket = socket;
    this.in = new ClientInput(socket.input());
    this.out = new ServerOutput(socket.output());
    this.shared = shared;
  }

  /**
   * Serves the client until it leaves, breaks the protocol or is silent for too long, or the token is cancelled; closes
   * the socket.
   */
  void run(CancellationToken token) throws Exception {
    Registration hangUp = token.onCancel(() -> socket.hangUp(shared.settings.farewell()));
    try (socket) {
      serve(token);
    } finally {
      hangUp.close();
    }
  }

  private void serve(CancellationToken token) throws Exception {
    try {
      serveUntilEnd(token);
    } catch (ProtocolViolationException violation) {
      log.info("{} broke the protocol: {}", socket, violation.getMessage());
      end(SqlState.PROTOCOL_VIOLATION, String.valueOf(violation.getMessage()));
    } catch (SocketTimeoutException silent) {
      log.info("{} was silent for too long", socket);
      end(SqlState.IDLE_SESSION_TIMEOUT, "terminating connection: the client was silent for too long");
    } catch (CancelledException | ClosedException closing) {
      end(SqlState.ADMIN_SHUTDOWN, "terminating connection due to administrator command");
    } catch (IOException gone) {
      if (token.isCancelled()) {
        end(SqlState.ADMIN_SHUTDOWN, "terminating connection due to administrator command");
      } else {
        log.debug("{} is gone", socket, gone);
      }
    }
  }

  /** Says the last words, to a client that may be gone. */
  private void end(SqlState state, String message) {
    try {
      out.error(Severity.FATAL, state, message);
      out.flush();
      socket.farewell();
    } catch (IOException gone) {
      log.debug("{} left before the end", socket, gone);
    }
  }

  private void serveUntilEnd(CancellationToken token) throws Exception {
    socket.limitAll(shared.settings.handshake());
    Optional<Opening.Start> start;
    Optional<Limiter.Permit> turn = shared.newcomers.acquire(Duration.ZERO, token);
    if (turn.isEmpty()) {
      refuse();
      return;
    }
    try {
      start = open(token);
    } finally {
      turn.get().close();
    }
    if (start.isPresent()) {
      begin(start.get(), token);
    }
  }

  /** {@return how the client wants to begin, if it does} */
  private Optional<Opening.Start> open(CancellationToken token) throws IOException {
    for (int i = 0; i <= ENCRYPTION_REQUESTS; i++) {
      Opening opening = in.opening();
      token.throwIfCancelled();
      switch (opening) {
        case Opening.Encryption encryption -> out.noEncryption();
        case Opening.Cancel cancel -> {
          shared.sessions.cancel(cancel.process(), cancel.secret());
          return Optional.empty();
        }
        case Opening.Start start -> {
          return Optional.of(start);
        }
      }
    }
    throw new ProtocolViolationException("encryption was refused, and is asked for again");
  }

  private void begin(Opening.Start start, CancellationToken token) throws Exception {
    Optional<Limiter.Permit> permit = shared.clients.acquire(Duration.ZERO, token);
    if (permit.isEmpty()) {
      refuse();
      return;
    }
    Session session = new Session(shared.commands, in, out, socket.input());
    try (Sessions.Entry entry = shared.sessions.enter(session)) {
      greet(start, entry);
      socket.limitEach(shared.settings.silence());
      session.serve(token);
    } finally {
      permit.get().close();
    }
  }

  private void refuse() {
    log.warn("{} is refused: {}, {}", socket, shared.newcomers, shared.clients);
    end(SqlState.TOO_MANY_CONNECTIONS, "sorry, too many clients already");
  }

  private void greet(Opening.Start start, Sessions.Entry entry) throws IOException {
    List<String> extensions = start.parameters().keySet().stream().filter(name -> name.startsWith("_pq_.")).toList();
    if (start.minorVersion() > 0 || !extensions.isEmpty()) {
      out.negotiateProtocol(extensions);
    }
    out.authenticationOk();
    out.parameter("server_version", SERVER_VERSION);
    out.parameter("server_encoding", "UTF8");
    out.parameter("client_encoding", "UTF8");
    out.parameter("DateStyle", "ISO, MDY");
    out.parameter("TimeZone", "UTC");
    out.parameter("integer_datetimes", "on");
    out.parameter("standard_conforming_strings", "on");
    out.cancelKey(entry.process(), entry.secret());
  }
}
