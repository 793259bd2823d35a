// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What {@code top -H} calls threads, on Linux. */
final class OsNames {
  private static final int LONGEST = 15;

  private OsNames() {}

  /** Returns what the JVM makes of a thread's name for the OS. */
  static String of(String name) {
    if (name.length() <= LONGEST) {
      return name;
    }
    boolean cutInTheMiddle = Runtime.version().feature() >= 26;
    return cutInTheMiddle ? name.substring(0, 7) + ".." + name.substring(name.length() - 6) : name.substring(0, LONGEST);
  }

  /** Returns the names of all threads of this process. */
  static List<String> ofThisProcess() {
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      List<String> names = new ArrayList<>();
      for (Path task : tasks.toList()) {
        try {
          names.add(Files.readString(task.resolve("comm")).strip());
        } catch (NoSuchFileException ended) {
          // A thread that has ended since it was listed has no name any more.
        }
      }
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
