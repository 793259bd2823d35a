// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What tests do with folders. */
final class Folders {
  private Folders() {}

  /** Deletes a folder and all in it; fails if somebody puts something in meanwhile. */
  static void delete(Path folder) throws IOException {
    for (Path each : tree(folder).sorted(Comparator.reverseOrder()).toList()) {
      Files.delete(each);
    }
  }

  /** {@return the one file or folder of this name somewhere below} */
  static Path find(Path folder, String name) throws IOException {
    List<Path> found = tree(folder).filter(each -> each.getFileName().toString().equals(name)).toList();
    if (found.size() != 1) {
      throw new IOException(found.size() + " of the name " + name + " in " + folder);
    }
    return found.getFirst();
  }

  private static Stream<Path> tree(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.toList().stream();
    }
  }
}
