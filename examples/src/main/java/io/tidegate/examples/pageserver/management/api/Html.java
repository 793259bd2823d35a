// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.examples.pageserver.tenant.State;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Writes HTML; whatever is not a tag of its own is escaped. Not safe for use by several threads. */
final class Html {
  private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB");

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

  /** Adds a cell with a number of bytes, in the unit that suits it. */
  Html bytes(long bytes) {
    return raw("<td class=\"n\" title=\"").text(bytes).raw(" bytes\">").text(inWords(bytes)).raw("</td>");
  }

  private static String inWords(long bytes) {
    double left = bytes;
    int unit = 0;
    while (left >= 1024 && unit < UNITS.size() - 1) {
      left /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", left, UNITS.get(unit));
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
