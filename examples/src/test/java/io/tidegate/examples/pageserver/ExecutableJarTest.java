// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** P4: the pageserver as {@code java -jar} starts it, without any flag. Run when the jar is there. */
@ExtendWith(Servers.class)
@Tag("executable-jar")
@Timeout(300)
class ExecutableJarTest {
  @TempDir
  Path folder;

  @Test
  void start_fromTheJar_runsOnDedicatedCarriers(Servers.Running servers) throws Exception {
    Path jar = Path.of(System.getProperty("executable.jar", ""));
    String data = folder.resolve("data").toString();
    String source = servers.first().connectionString();
    try (ChildProcess child =
        ChildProcess.startJar(folder, jar, "--data", data, "--postgres", source, "--run-for", "PT1S")) {
      assertEquals(0, child.awaitExit(), child::tail);
      assertTrue(child.output().contains("carriers: Isolation[mode=DEDICATED, "), child::tail);
    }
  }
}
