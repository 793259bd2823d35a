// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import org.jetbrains.lincheck.datastructures.Operation;

/** T1, T2: a token and its child are one word that is written once, though the child has to look for it. */
final class TokenLinearizability {
  private TokenLinearizability() {}

  public static class Real {
    private final TokenNode token = PlainToken.root();
    private final TokenNode child = token.child();

    @Operation
    public boolean cancelA() {
      return token.cancel(CancelReason.of(CancelReason.Code.REQUESTED, "A"));
    }

    @Operation
    public boolean cancelB() {
      return token.cancel(CancelReason.of(CancelReason.Code.REQUESTED, "B"));
    }

    @Operation
    public boolean isCancelled() {
      return token.isCancelled();
    }

    @Operation
    public String reason() {
      return text(token);
    }

    @Operation
    public String reasonOfChild() {
      return text(child);
    }

    private static String text(CancellationToken of) {
      return of.reason().map(CancelReason::text).orElse("");
    }
  }

  public static class BrokenTwin {
    private volatile String reason = "";

    @Operation
    public boolean cancelA() {
      return cancel("A");
    }

    @Operation
    public boolean cancelB() {
      return cancel("B");
    }

    private boolean cancel(String why) {
      if (!reason.isEmpty()) {
        return false;
      }
      reason = why; // broken: looked at and stored in two steps, where the token has a CAS
      return true;
    }

    @Operation
    public boolean isCancelled() {
      return !reason.isEmpty();
    }

    @Operation
    public String reason() {
      return reason;
    }

    @Operation
    public String reasonOfChild() {
      return reason;
    }
  }

  /** What one thread alone would see. */
  public static class Sequential {
    private String reason = "";

    public boolean cancelA() {
      return cancel("A");
    }

    public boolean cancelB() {
      return cancel("B");
    }

    private boolean cancel(String why) {
      boolean first = reason.isEmpty();
      reason = first ? why : reason;
      return first;
    }

    public boolean isCancelled() {
      return !reason.isEmpty();
    }

    public String reason() {
      return reason;
    }

    public String reasonOfChild() {
      return reason;
    }
  }
}
