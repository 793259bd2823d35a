// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

/** An operation on a tenant or a timeline is not possible now, or at all; nothing of it was done. */
public final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Why why;

  /** What the caller can do about it. */
  public enum Why {
    /** It is certain that there is no such thing: HTTP 404. */
    NOT_FOUND,
    /** It exists already, or another operation on it is running: HTTP 409. */
    CONFLICT,
    /** Something else has to be done before: HTTP 412. */
    PRECONDITION,
    /** What is asked for makes no sense: HTTP 406 or 400. */
    INVALID,
    /** Later, perhaps: it is coming, going, or the server is: HTTP 503. */
    UNAVAILABLE,
    /** It has failed; the message has the reason: HTTP 500. */
    BROKEN
  }

  /**
   * Refuses.
   *
   * @param why what sort of refusal it is
   * @param message what is refused, for people
   */
  public RefusedException(Why why, String message) {
    super(message);
    this.why = why;
  }

  /** {@return what sort of refusal it is} */
  public Why why() {
    return why;
  }
}
