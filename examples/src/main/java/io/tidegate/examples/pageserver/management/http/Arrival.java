// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

/** What has come from a client. */
sealed interface Arrival {
  /** {@return whether more may come after it} */
  boolean keepsAlive();

  /**
   * A whole request.
   *
   * @param request the request
   * @param keepsAlive whether the client may send another
   */
  record Whole(Request request, boolean keepsAlive) implements Arrival {}

  /**
   * What cannot be served, so that nothing behind it is understood either.
   *
   * @param response the answer
   */
  record Refused(Response response) implements Arrival {
    @Override
    public boolean keepsAlive() {
      return false;
    }
  }
}
