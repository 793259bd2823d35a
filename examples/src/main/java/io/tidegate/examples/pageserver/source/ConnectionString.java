// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * How to reach one PostgreSQL server, as a user writes it.
 *
 * <p>Three forms are understood: {@code postgresql://user:password@host:port/database?parameter=value} (or {@code
 * postgres://}), libpq's keywords {@code host=... port=... user=...}, and pgjdbc's {@code jdbc:postgresql:} URLs. As in
 * libpq, the user defaults to the operating system's and the database to the user's name; the host defaults to {@code
 * localhost}, the port to 5432.
 *
 * <p>What is rejected is rejected without quoting it: a misplaced separator can turn any part into a piece of the
 * password.
 */
final class ConnectionString {
  /** What libpq calls a parameter, and what pgjdbc calls it. */
  private static final Map<String, String> PARAMETERS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("host", PGProperty.PG_HOST.getName()),
              Map.entry("hostaddr", PGProperty.PG_HOST.getName()),
              Map.entry("port", PGProperty.PG_PORT.getName()),
              Map.entry("dbname", PGProperty.PG_DBNAME.getName()),
              Map.entry("user", PGProperty.USER.getName()),
              Map.entry("password", PGProperty.PASSWORD.getName()),
              Map.entry("options", PGProperty.OPTIONS.getName()),
              Map.entry("application_name", PGProperty.APPLICATION_NAME.getName()),
              Map.entry("connect_timeout", PGProperty.CONNECT_TIMEOUT.getName()),
              Map.entry("sslmode", PGProperty.SSL_MODE.getName()),
              Map.entry("sslcert", PGProperty.SSL_CERT.getName()),
              Map.entry("sslkey", PGProperty.SSL_KEY.getName()),
              Map.entry("sslpassword", PGProperty.SSL_PASSWORD.getName()),
              Map.entry("sslrootcert", PGProperty.SSL_ROOT_CERT.getName()),
              Map.entry("channel_binding", PGProperty.CHANNEL_BINDING.getName()),
              Map.entry("gssencmode", PGProperty.GSS_ENC_MODE.getName())));

  private static final String JDBC = "jdbc:postgresql:";
  private static final String ENCODED = "in a URL, / ? # @ : % in a password must be percent-encoded";

  private final String host;
  private final int port;
  private final String database;
  private final String user;
  private final Properties properties;

  private ConnectionString(Properties given) {
    host = required(given, PGProperty.PG_HOST, "localhost", "host");
    if (host.indexOf(',') >= 0) {
      throw malformed("it names several hosts; WAL comes from exactly one");
    }
    if (host.startsWith("/")) {
      throw malformed("the host is a Unix socket's folder; only TCP is supported");
    }
    port = portNumber(required(given, PGProperty.PG_PORT, "5432", "port"));
    user = required(given, PGProperty.USER, System.getProperty("user.name"), "user");
    database = required(given, PGProperty.PG_DBNAME, user, "database");
    properties = given;
    properties.setProperty(PGProperty.USER.getName(), user);
  }

  /**
   * {@return the server that {@code text} names}
   *
   * @throws IllegalArgumentException if the text is in none of the three forms; its message says what is wrong without
   *     quoting the text
   */
  static ConnectionString parse(String text) {
    String trimmed = text.trim();
    if (trimmed.isEmpty()) {
      throw malformed("it is empty");
    }
    if (trimmed.startsWith("jdbc:")) {
      return new ConnectionString(parseJdbc(trimmed));
    }
    int scheme = trimmed.indexOf("://");
    if (trimmed.startsWith("postgresql://") || trimmed.startsWith("postgres://")) {
      return new ConnectionString(parseUri(trimmed.substring(scheme + 3), PARAMETERS::get));
    }
    if (trimmed.indexOf('=') < 0 || (scheme >= 0 && scheme < trimmed.indexOf('='))) {
      throw malformed("it begins neither with postgresql:// nor with jdbc:postgresql: nor with a keyword like host=");
    }
    return new ConnectionString(parseKeywords(trimmed));
  }

  /** {@return the server as {@code host:port}} */
  String where() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  /** {@return the URL for the driver, without user, password and parameters} */
  String url() {
    return JDBC + "//" + where() + "/" + URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** {@return a copy of the driver's properties, with user and password} */
  Properties properties() {
    Properties copy = new Properties();
    copy.putAll(properties);
    return copy;
  }

  /** The server, user and database, without the password. */
  @Override
  public String toString() {
    return "postgresql://" + user + "@" + where() + "/" + database;
  }

  /** The driver's own parser is not asked: it logs what it rejects. */
  private static Properties parseJdbc(String text) {
    if (!text.startsWith(JDBC)) {
      throw malformed("it begins with jdbc: but not with jdbc:postgresql:");
    }
    String rest = text.substring(JDBC.length()).replace("+", "%20");
    return parseUri(rest.startsWith("//") ? rest.substring(2) : "/" + rest, ConnectionString::driverProperty);
  }

  private static Properties parseUri(String rest, Names names) {
    Properties given = new Properties();
    int question = rest.indexOf('?');
    String place = question < 0 ? rest : rest.substring(0, question);
    int slash = place.indexOf('/');
    String authority = slash < 0 ? place : place.substring(0, slash);
    int at = authority.lastIndexOf('@');
    if (at >= 0) {
      int colon = authority.indexOf(':');
      boolean hasPassword = colon >= 0 && colon < at;
      put(given, PGProperty.USER, decode(authority.substring(0, hasPassword ? colon : at)));
      put(given, PGProperty.PASSWORD, hasPassword ? decode(authority.substring(colon + 1, at)) : "");
    }
    putAddress(given, authority.substring(at + 1));
    String database = place.substring(slash < 0 ? place.length() : slash + 1);
    if (database.indexOf('@') >= 0 || (database.length() > 1 && database.indexOf('/') >= 0)) {
      throw malformed("there is a / or @ in the database's name; " + ENCODED);
    }
    put(given, PGProperty.PG_DBNAME, database.equals("/") ? "" : decode(database));
    if (question >= 0) {
      putQuery(given, rest.substring(question + 1), names);
    }
    return given;
  }

  private static void putAddress(Properties given, String address) {
    int bracket = address.lastIndexOf(']');
    if (address.startsWith("[") != bracket >= 0) {
      throw malformed("an IPv6 address must be enclosed in [ and ]");
    }
    int colon = address.indexOf(':', Math.max(bracket, 0));
    String name = colon < 0 ? address : address.substring(0, colon);
    put(given, PGProperty.PG_HOST, bracket > 0 ? address.substring(1, bracket) : decode(name));
    put(given, PGProperty.PG_PORT, colon < 0 ? "" : address.substring(colon + 1));
  }

  private static void putQuery(Properties given, String query, Names names) {
    int ordinal = 0;
    for (String pair : query.split("&", -1)) {
      ordinal++;
      int equals = pair.indexOf('=');
      if (equals < 0) {
        throw malformed("parameter " + ordinal + " after the ? has no = in it");
      }
      String property = names.property(decode(pair.substring(0, equals)));
      putParameter(given, ordinal, property, decode(pair.substring(equals + 1)));
    }
  }

  private static Properties parseKeywords(String text) {
    Properties given = new Properties();
    int position = 0;
    for (int ordinal = 1; position < text.length(); ordinal++) {
      int equals = text.indexOf('=', position);
      String keyword = equals < 0 ? "" : text.substring(position, equals).trim();
      if (keyword.isEmpty() || keyword.indexOf(' ') >= 0) {
        throw malformed("word " + ordinal + " is not of the form keyword=value; a value with blanks needs quotes ''");
      }
      StringBuilder value = new StringBuilder();
      position = skipBlanks(text, readValue(text, skipBlanks(text, equals + 1), value));
      putParameter(given, ordinal, PARAMETERS.get(keyword), value.toString());
    }
    return given;
  }

  /** Appends the value that begins at {@code position}, quoted or not, and returns the position after it. */
  private static int readValue(String text, int position, StringBuilder value) {
    boolean quoted = position < text.length() && text.charAt(position) == '\'';
    for (int i = quoted ? position + 1 : position; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && c == '\'') {
        return i + 1;
      }
      if (!quoted && Character.isWhitespace(c)) {
        return i;
      }
      if (c == '\\' && i + 1 < text.length()) {
        i++;
      }
      value.append(text.charAt(i));
    }
    if (quoted) {
      throw malformed("a quoted value has no closing quote");
    }
    return text.length();
  }

  private static int skipBlanks(String text, int position) {
    int i = position;
    while (i < text.length() && Character.isWhitespace(text.charAt(i))) {
      i++;
    }
    return i;
  }

  private static @Nullable String driverProperty(String name) {
    return PGProperty.forName(name) == null ? null : name;
  }

  private static void putParameter(Properties given, int ordinal, @Nullable String property, String value) {
    if (property == null) {
      throw malformed("parameter " + ordinal + " is unknown; known are " + String.join(", ", PARAMETERS.keySet())
          + ", and in a jdbc: URL those of the driver");
    }
    given.setProperty(property, value);
  }

  private static void put(Properties given, PGProperty property, String value) {
    if (!value.isEmpty()) {
      given.setProperty(property.getName(), value);
    }
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException quotesTheText) {
      throw malformed("a % is not followed by two hexadecimal digits; a % itself is written %25");
    }
  }

  private static String required(Properties given, PGProperty property, @Nullable String otherwise, String name) {
    String value = given.getProperty(property.getName());
    String chosen = value == null || value.isEmpty() ? otherwise : value;
    if (chosen == null || chosen.isEmpty()) {
      throw malformed("it names no " + name);
    }
    return chosen;
  }

  private static int portNumber(String text) {
    try {
      int port = Integer.parseInt(text);
      if (port >= 1 && port <= 65535) {
        return port;
      }
    } catch (NumberFormatException quotesTheText) {
      // Falls through: the text may be the piece of a password with an unescaped slash.
    }
    throw malformed("the port is not a number from 1 to 65535; " + ENCODED);
  }

  private static IllegalArgumentException malformed(String what) {
    return new IllegalArgumentException("cannot use this PostgreSQL connection string: " + what);
  }

  /** Translates the name of a parameter after the ? into the driver's; null if there is none. */
  @FunctionalInterface
  private interface Names {
    @Nullable String property(String name);
  }
}
