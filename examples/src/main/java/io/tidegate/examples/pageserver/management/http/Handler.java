// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

import io.tidegate.CancellationToken;

/** Answers requests; any number at once, each in a task of its own. */
@FunctionalInterface
public interface Handler {
  /**
   * Answers one request. May block.
   *
   * @param request what is asked
   * @param token the task's: cancelled when the client hangs up, and when the server closes
   * @return the answer
   * @throws HttpException to answer with an error of the client's
   * @throws io.tidegate.ClosedException if what the request needs is closing: answered with 503
   * @throws Exception what the server failed on: answered with 500, and logged
   */
  Response handle(Request request, CancellationToken token) throws Exception;
}
