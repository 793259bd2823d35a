// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.examples.pageserver.pageservice.wire.ClientInput;
import io.tidegate.examples.pageserver.pageservice.wire.ClientMessage;
import io.tidegate.examples.pageserver.pageservice.wire.ProtocolViolationException;
import io.tidegate.examples.pageserver.pageservice.wire.ServerOutput;
import io.tidegate.examples.pageserver.pageservice.wire.ServerOutput.Severity;
import io.tidegate.examples.pageserver.pageservice.wire.SqlState;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a client and the server say to each other once they are connected: commands, by one message each or by several.
 *
 * <p><b>Threads:</b> confined to the task of the connection, but for {@link #cancelCommand}.
 */
final class Session {
  private static final Logger log = LoggerFactory.getLogger(Session.class);

  /** How many statements and portals a client may have a name for. */
  private static final int MAX_NAMES = 64;

  private final Commands commands;
  private final ClientInput in;
  private final ServerOutput out;
  private final WatchedInput bytes;
  private final Map<String, Command> statements = new HashMap<>();
  private final Map<String, Command> portals = new HashMap<>();
  /** Whether messages are to be ignored up to the next {@link ClientMessage.Sync}. */
  private boolean skips;
  /** The token of the command that runs; written by the connection's task, read by whoever cancels. */
  private volatile CancellationToken running = CancellationToken.create();

  /**
   * Begins a session.
   *
   * @param commands understands commands
   * @param in what the client says
   * @param out what it is told
   * @param bytes what {@code in} reads
   */
  Session(Commands commands, ClientInput in, ServerOutput out, WatchedInput bytes) {
    this.commands = commands;
    this.in = in;
    this.out = out;
    this.bytes = bytes;
  }

  /** Serves until the client leaves. */
  void serve(CancellationToken token) throws Exception {
    out.ready();
    while (true) {
      ClientMessage message = in.message();
      token.throwIfCancelled(); // a close ends the read as if the client had left
      if (message instanceof ClientMessage.Terminate) {
        return;
      }
      handle(message, token);
    }
  }

  /** Asks the command that runs, and no later one, to end; any thread may. */
  void cancelCommand() {
    running.cancel();
  }

  private void handle(ClientMessage message, CancellationToken token) throws Exception {
    if (skips && !(message instanceof ClientMessage.Sync)) {
      return;
    }
    switch (message) {
      case ClientMessage.Query query -> {
        attempt(token, command -> execute(commands.understand(query.command()), true, command));
        out.ready();
      }
      case ClientMessage.Sync sync -> {
        skips = false;
        portals.clear();
        out.ready();
      }
      case ClientMessage.CopyData left -> {} // of a stream that has failed while this was on its way
      case ClientMessage.CopyDone left -> {}
      case ClientMessage.CopyFail left -> {}
      default -> skips = !attempt(token, command -> handlePart(message, command));
    }
  }

  /** A message of those that make one command together. */
  private void handlePart(ClientMessage message, CancellationToken token) throws Exception {
    switch (message) {
      case ClientMessage.Parse parse -> {
        keep(statements, parse.statement(), commands.understand(parse.command()));
        out.parsed();
      }
      case ClientMessage.Bind bind -> {
        keep(portals, bind.portal(), named(statements, bind.statement(), SqlState.UNDEFINED_STATEMENT));
        out.bound();
      }
      case ClientMessage.Describe describe -> describe(describe.target());
      case ClientMessage.Execute execute ->
          execute(named(portals, execute.portal(), SqlState.UNDEFINED_PORTAL), false, token);
      case ClientMessage.Forget forget -> {
        (forget.target().isPortal() ? portals : statements).remove(forget.target().name());
        out.forgotten();
      }
      case ClientMessage.Flush flush -> out.flush();
      default -> throw new ProtocolViolationException("message " + message.getClass().getSimpleName() + " here");
    }
  }

  private static void keep(Map<String, Command> names, String name, Command command) throws CommandException {
    if (names.size() >= MAX_NAMES && !names.containsKey(name)) {
      throw new CommandException(
          SqlState.FEATURE_NOT_SUPPORTED, "a client can keep " + MAX_NAMES + " statements and as many portals");
    }
    names.put(name, command);
  }

  private static Command named(Map<String, Command> names, String name, SqlState otherwise) throws CommandException {
    Command command = names.get(name);
    if (command == null) {
      throw new CommandException(otherwise, "there is nothing of the name \"" + name + "\"");
    }
    return command;
  }

  private void describe(ClientMessage.Target target) throws CommandException, IOException {
    Command command = target.isPortal()
        ? named(portals, target.name(), SqlState.UNDEFINED_PORTAL)
        : named(statements, target.name(), SqlState.UNDEFINED_STATEMENT);
    if (!target.isPortal()) {
      out.noParameters();
    }
    if (command.resultColumns().isEmpty()) {
      out.noRows();
    } else {
      out.columns(command.resultColumns());
    }
  }

  private void execute(Command command, boolean withColumns, CancellationToken token) throws Exception {
    switch (command) {
      case Command.Nothing nothing -> out.emptyQuery();
      case Command.Acknowledged acknowledged -> out.complete(acknowledged.tag());
      case Command.Table table -> {
        List<List<String>> rows = table.rows().call(token);
        if (withColumns) {
          out.columns(table.columns());
        }
        for (List<String> row : rows) {
          out.row(row);
        }
        out.complete("SELECT " + rows.size());
      }
      case Command.Pages pages -> {
        new PageStream(pages.reads().call(token), in, out, () -> bytes.watch(this::cancelCommand)).run(token);
        out.complete("COPY 0");
      }
    }
  }

  private interface Part {
    void run(CancellationToken token) throws Exception;
  }

  /**
   * Runs something that the session survives, unless the server or the timeline closes, or the client is gone; answers
   * whether it succeeded.
   */
  private boolean attempt(CancellationToken token, Part part) throws Exception {
    CancellationToken command = token.child();
    running = command;
    try {
      part.run(command);
      return true;
    } catch (CommandException failed) {
      fail(failed.state(), failed.text());
    } catch (CancelledException cancelled) {
      if (token.isCancelled() || !command.isCancelled()) {
        throw cancelled;
      }
      fail(SqlState.QUERY_CANCELED, "canceling statement due to user request");
    } catch (IOException | ClosedException ended) {
      throw ended;
    } catch (Exception unexpected) {
      log.error("a command failed", unexpected);
      fail(SqlState.INTERNAL_ERROR, "the server failed: " + unexpected);
    }
    return false;
  }

  private void fail(SqlState state, String message) throws IOException {
    out.error(Severity.ERROR, state, message);
  }
}
