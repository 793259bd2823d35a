// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** What a flight recording says when a token is cancelled: by a call, or by its own deadline. Those below it are not told. */
@Name("io.tidegate.TokenCancel")
@Label("Token Cancel")
@Description("A token is cancelled, and with it all below it")
@Category("Tidegate")
@StackTrace(false)
final class TokenCancel extends Event {
  @Label("Scope")
  @Description("That of the token; empty if it is no scope's own")
  String scope = "";

  @Label("Code")
  String code = "";

  @Label("Text")
  String text = "";

  @Label("Source")
  @Description("The scope that asked, or the thread")
  String source = "";

  @Label("Cause")
  @Description("The failure that led to it; empty if there was none")
  String cause = "";

  private TokenCancel() {}

  static void tell(TokenNode token, CancelReason why) {
    if (new TokenCancel().isEnabled()) { // escapes nowhere: free, also after a recording
      write(token, why);
    }
  }

  private static void write(TokenNode token, CancelReason why) {
    TokenCancel event = new TokenCancel();
    event.scope = token instanceof ScopeToken own ? own.gate().path() : "";
    event.code = why.code().name();
    event.text = why.text();
    event.source = why.source();
    event.cause = why.cause() == null ? "" : Text.of(why.cause());
    event.commit();
  }
}
