// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionStringTest {
  private static final String OS_USER = System.getProperty("user.name");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://ann:s3cret@db.example:6000/shop?sslmode=require",
        "postgres://ann:s3cret@db.example:6000/shop?sslmode=require",
        "postgresql:///shop?host=db.example&port=6000&user=ann&password=s3cret&sslmode=require",
        "host=db.example port=6000 user=ann password=s3cret dbname=shop sslmode=require",
        "  host = db.example port= 6000 user =ann password='s3cret' dbname='shop' sslmode=require ",
        "jdbc:postgresql://db.example:6000/shop?user=ann&password=s3cret&sslmode=require",
        "jdbc:postgresql:shop?PGHOST=db.example&PGPORT=6000&user=ann&password=s3cret&sslmode=require",
      })
  void allFormsNameTheSameServer(String text) {
    ConnectionString parsed = ConnectionString.parse(text);

    assertEquals("db.example:6000", parsed.where());
    assertEquals("jdbc:postgresql://db.example:6000/shop", parsed.url());
    assertEquals("ann", parsed.properties().getProperty("user"));
    assertEquals("s3cret", parsed.properties().getProperty("password"));
    assertEquals("require", parsed.properties().getProperty("sslmode"));
    assertEquals("postgresql://ann@db.example:6000/shop", parsed.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"postgres://", "postgresql:///", "port=5432", "jdbc:postgresql:", "postgres://localhost"})
  void whatIsLeftOutHasLibpqsDefault(String text) {
    ConnectionString parsed = ConnectionString.parse(text);

    assertEquals("localhost:5432", parsed.where());
    assertEquals("postgresql://" + OS_USER + "@localhost:5432/" + OS_USER, parsed.toString());
    assertNull(parsed.properties().getProperty("password"));
  }

  @Test
  void uriParts_arePercentDecoded() {
    ConnectionString parsed = ConnectionString.parse("postgresql://a%40b:p%2Fw%3A+%25@[::1]:7/a%20b");

    assertEquals("[::1]:7", parsed.where());
    assertEquals("a@b", parsed.properties().getProperty("user"));
    assertEquals("p/w:+%", parsed.properties().getProperty("password"));
    assertEquals("jdbc:postgresql://[::1]:7/a%20b", parsed.url());
  }

  @Test
  void keywordValues_mayBeQuotedAndEscaped() {
    ConnectionString parsed = ConnectionString.parse("user='it\\'s' password='a b\\'c\\\\d' host=h");

    assertEquals("it's", parsed.properties().getProperty("user"));
    assertEquals("a b'c\\d", parsed.properties().getProperty("password"));
  }

  /** The secret stands where a slip of the user's may have put it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "s3cret",
        "mysql://ann:s3cret@h/db",
        "jdbc:mysql://ann:s3cret@h/db",
        "jdbc:postgresql://h:s3cret/db",
        "jdbc:postgresql://h:99999/db?password=s3cret",
        "postgresql://ann:/s3cret@h/db",
        "postgresql://ann:s3cret/more@h/db",
        "postgresql://ann:12/s3cret@h/db",
        "jdbc:postgresql://h/db?passwrd=s3cret",
        "postgresql://ann:x?s3cret@h/db",
        "postgresql://ann:x?s3cret=1@h/db",
        "postgresql://ann:%s3cret@h/db",
        "postgresql://ann:s3cret@h:0/db",
        "postgresql://ann:s3cret@h:65536/db",
        "postgresql://ann:s3cret@::1/db",
        "postgresql://ann:s3cret@h1,h2/db",
        "postgresql://ann:s3cret@%2Fvar%2Frun/db",
        "postgresql://ann:s3cret@h/db?nonsense=1",
        "host=h password=my s3cret",
        "host=h password=my s3cret=x",
        "host=h password='s3cret",
        "password=s3cret port=x",
      })
  void rejectedText_isNeverQuoted(String text) {
    IllegalArgumentException rejected =
        assertThrows(IllegalArgumentException.class, () -> ConnectionString.parse(text));

    String message = String.valueOf(rejected.getMessage());
    assertTrue(message.startsWith("cannot use this PostgreSQL connection string: "), message);
    assertFalse(message.contains("s3cret"), message);
    assertNull(rejected.getCause());
  }
}
