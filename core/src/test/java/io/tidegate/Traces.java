// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** What waits leave behind on a token. */
public final class Traces {
  private Traces() {}

  /** Whether nothing is attached to a token: no waiter, no callback, no child that has one. */
  public static boolean isFree(CancellationToken token) {
    Attachments attachments = ((TokenNode) token).attachmentsIfAny();
    if (attachments == null) {
      return true;
    }
    synchronized (attachments) {
      return attachments.isIdle();
    }
  }

  public static void checkNone(CancellationToken token) {
    assertTrue(isFree(token), () -> "something is attached to " + token);
  }
}
