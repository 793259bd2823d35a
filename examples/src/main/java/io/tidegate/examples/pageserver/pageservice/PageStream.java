// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.examples.pageserver.pageservice.wire.ClientInput;
import io.tidegate.examples.pageserver.pageservice.wire.ClientMessage;
import io.tidegate.examples.pageserver.pageservice.wire.PageAnswer;
import io.tidegate.examples.pageserver.pageservice.wire.PageRequest;
import io.tidegate.examples.pageserver.pageservice.wire.ProtocolViolationException;
import io.tidegate.examples.pageserver.pageservice.wire.ServerOutput;
import io.tidegate.examples.pageserver.pageservice.wire.SqlState;
import java.io.EOFException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream of page requests and their answers, in the same order.
 *
 * <p>A client may send many requests before it reads. Each one is answered before the next is looked at, and the answers are
 * sent when no whole request is left, or when there are many: so nothing of a timeline waits for a client in between.
 *
 * <p><b>Threads:</b> confined to the task of the connection.
 */
final class PageStream {
  private static final Logger log = LoggerFactory.getLogger(PageStream.class);

  private final PageReads reads;
  private final ClientInput in;
  private final ServerOutput out;
  private final Runnable onWait;

  /**
   * Begins a stream.
   *
   * @param reads answers
   * @param in the requests
   * @param out takes the answers
   * @param onWait told before a request waits
   */
  PageStream(PageReads reads, ClientInput in, ServerOutput out, Runnable onWait) {
    this.reads = reads;
    this.in = in;
    this.out = out;
    this.onWait = onWait;
  }

  /**
   * Answers until the client ends the stream.
   *
   * @param token ends it too
   * @throws CommandException if the client gives the stream up; the session goes on
   * @throws EOFException if it leaves without a word
   */
  void run(CancellationToken token) throws Exception {
    out.copyBoth();
    while (true) {
      if (!in.hasMessage()) {
        out.flush();
      }
      ClientMessage message = in.message();
      token.throwIfCancelled();
      switch (message) {
        case ClientMessage.CopyData data -> out.copyData(answer(data.bytes(), token));
        case ClientMessage.Flush flush -> out.flush();
        case ClientMessage.Sync ignored -> {}
        case ClientMessage.CopyDone done -> {
          out.copyDone();
          return;
        }
        case ClientMessage.CopyFail failed ->
            throw new CommandException(SqlState.QUERY_CANCELED, "the client gave up its page stream: " + failed.why());
        case ClientMessage.Terminate left -> throw new EOFException("the client left its page stream");
        default -> throw new ProtocolViolationException(
            "a page stream takes page requests, not a message " + message.getClass().getSimpleName());
      }
    }
  }

  private byte[] answer(ByteBuffer request, CancellationToken token) throws Exception {
    try {
      return reads.answer(PageRequest.parse(request), onWait, token);
    } catch (ProtocolViolationException | CommandException failed) {
      return PageAnswer.error(String.valueOf(failed.getMessage()));
    } catch (CancelledException | ClosedException closing) {
      throw closing;
    } catch (Exception unexpected) {
      log.error("a page request failed", unexpected);
      return PageAnswer.error("the server failed: " + unexpected);
    }
  }
}
