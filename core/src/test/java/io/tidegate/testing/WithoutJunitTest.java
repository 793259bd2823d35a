// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidegate.Scope;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Compiles and runs a program that has no JUnit, in processes of its own. */
@Tag("with-flag") // once is enough
class WithoutJunitTest {
  private static final String PROGRAM =
      """
      package app;

      import io.tidegate.Scope;
      import io.tidegate.testing.Fault;
      import io.tidegate.testing.Faults;

      public class Main {
        public static void main(String[] args) throws Exception {
          try (Scope root = Scope.root("app"); Fault fault = Faults.at("p").fail()) {
            root.fork(token -> {
              Faults.point("p");
              return args;
            }).join();
            System.out.println(fault);
          }
        }
      }
      """;
  private static final String SAYS = "fault p=fail(fault p) (passed 1, struck 1, holds 0)";

  @TempDir
  private Path folder;

  @Test
  void classPath_compilesAndRuns() throws Exception {
    Path main = Files.writeString(folder.resolve("Main.java"), PROGRAM);
    Path out = folder.resolve("out");
    run("javac", "-d", out.toString(), "-cp", library(), main.toString());
    String said = run("java", "-cp", out + File.pathSeparator + library(), "app.Main");
    assertEquals(SAYS, said.lines().filter(line -> line.startsWith("fault")).findFirst().orElse(said));
  }

  @Test
  void modulePath_compilesAndRuns() throws Exception {
    Path main = Files.writeString(folder.resolve("Main.java"), PROGRAM);
    Path module =
        Files.writeString(folder.resolve("module-info.java"), "module app { requires io.tidegate.core; }");
    Path out = folder.resolve("out");
    run("javac", "-d", out.toString(), "-p", library(), module.toString(), main.toString());
    String said = run("java", "-p", out + File.pathSeparator + library(), "-m", "app/app.Main");
    assertEquals(SAYS, said.lines().filter(line -> line.startsWith("fault")).findFirst().orElse(said));
  }

  private static String library() throws URISyntaxException {
    List<String> paths = new ArrayList<>();
    for (Class<?> type : List.of(Scope.class, LoggerFactory.class, NullMarked.class)) {
      paths.add(Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString());
    }
    return String.join(File.pathSeparator, paths);
  }

  private static String run(String tool, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", tool).toString());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }
}
