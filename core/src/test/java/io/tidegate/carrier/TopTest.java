// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** P1, P6: what the operator's tools read of a process with four busy pools, and what the pools say themselves. */
@Tag("with-flag")
@EnabledOnOs(OS.LINUX)
@Timeout(120) // if the process hangs
class TopTest {
  /** The kernel tells CPU time in hundredths of a second, user and system each, and both may be cut. */
  private static final long TICK_NANOS = 10_000_000;

  @Test
  void fourBusyPools_showTheirNamesAndTheCpuThatTheyBurnt() throws Exception {
    Process process = ProcessTest.start("burns");
    try (BufferedReader output = process.inputReader()) {
      Map<String, Long> told = new LinkedHashMap<>();
      for (String line = output.readLine(); line != null && !line.equals("burnt"); line = output.readLine()) {
        String[] words = line.split(" ", -1);
        told.put(words[0], Long.parseLong(words[1]));
      }
      Map<String, Long> seen = cpuNanosByThreadName(process.pid());
      assertEquals(Set.of("walreceiver", "compute", "files", "background"), told.keySet());
      told.forEach((pool, nanos) -> assertBurnt(pool, nanos, seen));
    } finally {
      process.destroyForcibly();
    }
  }

  private static void assertBurnt(String pool, long nanos, Map<String, Long> seen) {
    String thread = OsNames.of(pool + "-1");
    assertTrue(seen.containsKey(thread), () -> thread + " is not in " + seen.keySet());
    long allowed = nanos / 10 + 2 * TICK_NANOS;
    long difference = Math.abs(seen.getOrDefault(thread, 0L) - nanos);
    assertTrue(difference <= allowed, () -> pool + " says " + nanos + ", the OS says " + seen.get(thread));
  }

  /** What {@code top -H} reads. */
  private static Map<String, Long> cpuNanosByThreadName(long pid) throws IOException {
    Map<String, Long> found = new HashMap<>();
    try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path task : tasks.toList()) {
        addCpuNanos(task.resolve("stat"), found);
      }
    }
    return found;
  }

  private static void addCpuNanos(Path statFile, Map<String, Long> found) throws IOException {
    String stat;
    try {
      stat = Files.readString(statFile);
    } catch (NoSuchFileException ended) {
      return; // since it was listed
    }
    int nameEnd = stat.lastIndexOf(')');
    String name = stat.substring(stat.indexOf('(') + 1, nameEnd);
    String[] fields = stat.substring(nameEnd + 2).split(" ", -1);
    long ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    found.merge(name, ticks * TICK_NANOS, Long::sum);
  }
}
