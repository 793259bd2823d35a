// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.examples.pageserver.tenant.State;
import java.util.stream.Stream;

/** Writes HTML; whatever is not a tag of its own is escaped. Not safe for use by several threads. */
final class Html {
  private final StringBuilder out = new StringBuilder();

  /** Adds what is HTML already. */
  Html raw(String html) {
    out.append(html);
    return this;
  }

  /** Adds text. */
  Html text(Object text) {
    String.valueOf(text).codePoints().forEach(each -> {
      switch (each) {
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '&' -> out.append("&amp;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        default -> out.appendCodePoint(each);
      }
    });
    return this;
  }

  /** Adds an element of one class with text in it. */
  Html element(String tag, String cssClass, Object text) {
    return raw("<" + tag + " class=\"" + cssClass + "\">").text(text).raw("</" + tag + ">");
  }

  Html heading(String text) {
    return raw("<h2>").text(text).raw("</h2>");
  }

  /** Begins a table; names that begin with # are those of numbers. */
  Html table(String... columns) {
    raw("<div class=\"wide\"><table><tr>");
    Stream.of(columns).forEach(name ->
        element("th", name.startsWith("#") ? "n" : "t", name.startsWith("#") ? name.substring(1) : name));
    return raw("</tr>");
  }

  Html endTable() {
    return raw("</table></div>");
  }

  Html cell(Object text) {
    return element("td", "t", text);
  }

  Html number(Object number) {
    return element("td", "n", number);
  }

  Html id(Object id) {
    return raw("<td title=\"").text(id).raw("\">").element("span", "id", String.valueOf(id).substring(0, 8)).raw("</td>");
  }

  Html state(State state) {
    String look = switch (state.phase()) {
      case ACTIVE -> "ok";
      case ATTACHING, ACTIVATING, STOPPING -> "warn";
      case BROKEN -> "bad";
    };
    return raw("<td>").element("span", "state " + look, state).raw("</td>");
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
