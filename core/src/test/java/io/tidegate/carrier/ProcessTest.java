// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** What is true of a whole process, seen in a JVM of its own: on the class path, as most users run it. */
@Tag("with-flag") // the processes have flags of their own: once is enough
class ProcessTest {
  private static final String FLAG = "--add-opens=java.base/java.lang=ALL-UNNAMED";

  @Test
  void named_withoutFlag_isSharedAndLogsTheFlagOnce() throws Exception {
    String output = output(List.of(), "pools");
    String reason = "java.base does not open java.lang to Tidegate;"
        + " start java with --add-opens java.base/java.lang=ALL-UNNAMED";
    assertEquals(3, count(output, "pool SHARED: " + reason), output);
    assertEquals(1, count(output, "INFO io.tidegate.carrier.CarrierStart"), output);
    assertEquals(1, count(output, "Carrier pools run on the JDK's scheduler: " + reason), output);
  }

  @Test
  void named_withFlag_isDedicatedAndLogsNothing() throws Exception {
    String output = output(List.of(FLAG), "pools");
    assertEquals(3, count(output, "pool DEDICATED: own scheduler"), output);
    assertEquals(0, count(output, "INFO"), output);
  }

  @Test
  void named_settingShared_ignoresTheFlagAndLogsNothing() throws Exception {
    String output = output(List.of(FLAG, "-Dio.tidegate.carriers=shared"), "pools");
    assertEquals(3, count(output, "pool SHARED: asked for by io.tidegate.carriers=shared"), output);
    assertEquals(0, count(output, "INFO"), output);
  }

  @Test
  void named_settingDedicatedWithoutFlag_fails() throws Exception {
    String output = output(List.of("-Dio.tidegate.carriers=dedicated"), "pools");
    assertEquals(3, count(output, "--add-opens java.base/java.lang=ALL-UNNAMED"), output);
    assertEquals(3, count(output, "pool \"p\" failed"), output);
  }

  /** P4: either line in the manifest of the jar that java starts opens what is needed, without a flag. */
  @ParameterizedTest
  @CsvSource({"Add-Opens, java.base/java.lang", "Launcher-Agent-Class, io.tidegate.carrier.CarrierAgent"})
  void named_inAnExecutableJar_isDedicated(String attribute, String value, @TempDir Path folder) throws Exception {
    String jar = jarThatOpens(attribute, value, folder);
    String output = outputOf(java(List.of("-jar", jar, "pools")));
    assertEquals(3, count(output, "pool DEDICATED: own scheduler"), output);
    assertEquals(0, count(output, "WARN"), output);
  }

  /** P4: not that of a jar on the class path, which is why the reason names the flag there. */
  @Test
  void named_jarWithAddOpensOnTheClassPath_isShared(@TempDir Path folder) throws Exception {
    String jar = jarThatOpens("Add-Opens", "java.base/java.lang", folder);
    String output = outputOf(java(List.of("-cp", jar, "io.tidegate.carrier.ProcessTestMain", "pools")));
    assertEquals(3, count(output, "pool SHARED: java.base does not open java.lang to Tidegate"), output);
  }

  private static String jarThatOpens(String attribute, String value, Path folder) throws IOException {
    Manifest manifest = new Manifest();
    Attributes lines = manifest.getMainAttributes();
    lines.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    lines.put(Attributes.Name.MAIN_CLASS, "io.tidegate.carrier.ProcessTestMain");
    lines.put(Attributes.Name.CLASS_PATH, classPath().map(ProcessTest::uri).collect(Collectors.joining(" ")));
    lines.putValue(attribute, value);
    Path jar = folder.resolve("program.jar");
    new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    return jar.toString();
  }

  /** Of a folder it ends with a slash, as the class path of a manifest needs it. */
  private static String uri(String path) {
    return Path.of(path).toUri().toString();
  }

  /** From JDK 22 on the pollers would else be threads of the pool that reads first. */
  @Test
  void firstSocketOfTheProcess_inAPoolThatCloses_leavesNetworkReadsAlive() throws Exception {
    assertTrue(output(List.of(FLAG), "pollers").contains("reads work"));
    assertTrue(output(List.of(FLAG), "pollers-virtual-start").contains("reads work"));
    assertTrue(output(List.of(), "pollers").contains("reads work"));
  }

  /** The twin of the test before: a scheduler that ends and was first to touch a socket, without the cure. */
  @Test
  void firstSocketOfTheProcess_onASchedulerThatEnds_tellsWhetherTheCureIsStillNeeded() throws Exception {
    String output = output(List.of(FLAG), "pollers-uncured");
    boolean needed = Runtime.version().feature() >= 22;
    assertTrue(output.contains(needed ? "a poller is on the scheduler" : "no poller is on the scheduler"), output);
  }

  /** The twin of StragglerTest: what the rescue is there for. */
  @Test
  void schedulerThatRejects_losesTheThread() throws Exception {
    assertTrue(output(List.of(FLAG), "rejects").contains("thread lost"));
  }

  /** From 24 on that thread wakes all that wait for a monitor: with it, none of these goes on any more. */
  @Test
  void schedulerThatRejects_losesTheUnblockerOfMonitors() throws Exception {
    String output = output(List.of(FLAG), "rejects-unblocker");
    boolean needed = Runtime.version().feature() >= 24;
    assertTrue(output.startsWith(needed ? "unblocker" : "no unblocker"), output);
    assertTrue(output.contains("no unblocker left"), output);
    assertEquals(needed, output.contains("RejectedExecutionException"), output);
  }

  /** Up to 21 it is the one that all reads wait by; from 22 on one of several, a virtual thread. */
  @Test
  void schedulerThatRejects_losesTheNetworkPoller() throws Exception {
    String output = output(List.of(FLAG), "rejects-poller");
    assertTrue(output.contains("RejectedExecutionException: closed"), output);
    assertTrue(output.contains("no read poller of the OS is left"), output);
  }

  /** So closing a root on exit takes a hook: the process does not wait for virtual threads, whatever they do. */
  @Test
  void virtualThreads_doNotKeepTheProcess() throws Exception {
    assertTrue(output(List.of(FLAG), "daemons").contains("main ends"));
    assertTrue(output(List.of(), "daemons").contains("main ends"));
  }

  /** P4: the flag may come in the environment. */
  @Test
  void named_withFlagInTheEnvironment_isDedicated() throws Exception {
    ProcessBuilder java = builder(arguments(List.of(), "pools"));
    java.environment().put("JDK_JAVA_OPTIONS", FLAG);
    assertEquals(3, count(outputOf(java.start()), "pool DEDICATED: own scheduler"));
  }

  /** P6: told once, and its end; and the thread that looks goes with the last pool. */
  @Test
  void starvation_ofAPool_isLoggedOnce() throws Exception {
    String output = output(List.of(FLAG), "starves");
    // On a machine that is busy the hog itself may have had to wait, too, and a spell may be seen as two.
    int spells = count(output, "WARN io.tidegate.carrier.CarrierPool");
    assertTrue(output.contains("spells " + spells), output);
    assertEquals(spells, count(output, "Carrier pool \"hogged\" has carriers for all that is ready again"), output);
    assertTrue(output.contains("\n  hogged-1 runs HOG #"), output);
    assertTrue(output.contains("    at io.tidegate.carrier.ProcessTestMain."), output);
    assertTrue(output.contains("watched true") && output.contains("no watch left"), output);
  }

  /** Starts a program with the flag. */
  static Process start(String program) throws IOException {
    return java(arguments(List.of(FLAG), program));
  }

  private static String output(List<String> flags, String program) throws IOException, InterruptedException {
    return outputOf(java(arguments(flags, program)));
  }

  private static List<String> arguments(List<String> flags, String program) {
    List<String> arguments = new ArrayList<>(flags);
    String classPath = classPath().collect(Collectors.joining(File.pathSeparator));
    arguments.addAll(List.of("-cp", classPath, "io.tidegate.carrier.ProcessTestMain", program));
    return arguments;
  }

  private static Process java(List<String> arguments) throws IOException {
    return builder(arguments).start();
  }

  private static ProcessBuilder builder(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectErrorStream(true);
  }

  private static String outputOf(Process process) throws IOException, InterruptedException {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }

  private static Stream<String> classPath() {
    // Through its objects, as this module does not read the logging backend's.
    Class<?> backend = LoggerFactory.getILoggerFactory().getClass();
    return Stream.concat(
        Stream.of(Path.of(System.getProperty("basedir", ""), "target", "test-classes").toString()),
        Stream.of(CarrierPool.class, LoggerFactory.class, backend, backend.getSuperclass()).map(ProcessTest::origin));
  }

  private static String origin(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }
}
