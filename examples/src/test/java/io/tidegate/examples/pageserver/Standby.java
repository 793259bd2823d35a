// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import io.tidegate.examples.pageserver.source.LocalPostgres;
import io.tidegate.examples.pageserver.source.PostgresSource;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;

/** Makes standbys. The binaries at hand have no pg_basebackup: this does what PostgreSQL's manual says instead. */
final class Standby {
  private static final Set<String> OF_THE_SERVER_ITSELF = Set.of("postmaster.pid", "postmaster.opts", "epg-lock");

  private Standby() {}

  /** Starts a server on a copy of a running one, which then streams from it. */
  static LocalPostgres start(LocalPostgres primary, Path folder) throws IOException, SQLException {
    Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try (Connection connection = PostgresSource.of(primary.connectionString()).connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_backup_start('standby', fast => true)");
      copy(primary.dataDirectory(), folder);
      try (ResultSet row = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)")) {
        row.next();
        Files.writeString(folder.resolve("backup_label"), row.getString(1));
      }
    }
    Files.createFile(folder.resolve("standby.signal"));
    Files.writeString(folder.resolve("postgresql.auto.conf"),
        "primary_conninfo = 'host=127.0.0.1 port=" + primary.port() + " user=postgres'\n"
            + "wal_retrieve_retry_interval = '100ms'\nwal_receiver_status_interval = '1s'\n",
        StandardOpenOption.APPEND);
    return LocalPostgres.start(folder);
  }

  /** Copies all but the WAL, which comes from the primary, and what says that a server runs there. */
  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(from, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) throws IOException {
        Path copy = to.resolve(from.relativize(each));
        if (!Files.exists(copy)) {
          Files.createDirectory(copy, PosixFilePermissions.asFileAttribute(Files.getPosixFilePermissions(each)));
        }
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult visitFile(Path each, BasicFileAttributes attributes) throws IOException {
        Path name = from.relativize(each);
        if (!name.startsWith("pg_wal") && !name.startsWith("pg_replslot")
            && !OF_THE_SERVER_ITSELF.contains(name.toString())) {
          Files.copy(each, to.resolve(name));
        }
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult visitFileFailed(Path each, IOException failure) throws IOException {
        if (failure instanceof NoSuchFileException) {
          return FileVisitResult.CONTINUE; // the server removes files meanwhile
        }
        throw failure;
      }
    });
  }
}
