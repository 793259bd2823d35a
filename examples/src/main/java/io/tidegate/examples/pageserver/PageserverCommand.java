// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import io.tidegate.CloseReport;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.config.TenantConfig.Setting;
import io.tidegate.examples.pageserver.pageservice.PageServiceSettings;
import io.tidegate.examples.pageserver.source.PostgresSource;
import io.tidegate.examples.pageserver.timeline.OpenLayerLimit;
import io.tidegate.examples.pageserver.task.Pools;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The command line of the pageserver. */
@Command(
    name = "pageserver",
    mixinStandardHelpOptions = true,
    version = "tidegate pageserver 0.1.0-SNAPSHOT",
    sortOptions = false,
    usageHelpAutoWidth = true,
    description = {
      "Receives the write-ahead log of PostgreSQL servers and stores it in layers.",
      "",
      "Ctrl-C or SIGTERM closes in order: stop ingest, freeze and flush, release. A second one, a second or more later, "
          + "closes the hard way. A server started again on the same --data continues where it was.",
      ""
    },
    footer = {"", "Exit code: 0 after an orderly close, 1 otherwise, 2 if the arguments are wrong."})
public final class PageserverCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(PageserverCommand.class);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--postgres",
      paramLabel = "CONNSTRING",
      description = "Receive from this running server, as postgresql://user@host:port/db, \"host=... port=...\" or a JDBC "
          + "URL; repeatable. Of a primary and its standbys, one at a time is received from. The user needs the right to "
          + "replicate. Without it, two servers with a small workload are started.")
  private List<String> postgres = List.of();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "target/pageserver",
      description = "Where everything is stored. Default: ${DEFAULT-VALUE}")
  private Path data = Path.of("target/pageserver");

  @Option(
      names = "--remote",
      paramLabel = "DIR",
      description = "The folder that serves as the remote store, which several servers may share. Default: remote in --data")
  private Optional<Path> remote = Optional.empty();

  @Option(
      names = "--run-for",
      paramLabel = "DURATION",
      description = "Stop by itself after a time, as in PT20S.")
  private Optional<Duration> runFor = Optional.empty();

  @Option(
      names = "--close-budget",
      paramLabel = "DURATION",
      defaultValue = "PT8S",
      description = "How long an orderly close may take. Default: ${DEFAULT-VALUE}")
  private Duration closeBudget = Duration.ofSeconds(8);

  @Option(
      names = "--checkpoint-distance",
      paramLabel = "MIB",
      defaultValue = "16",
      description = "Freeze the layer in memory after so many MiB of WAL. Default: ${DEFAULT-VALUE}")
  private int checkpointMebibytes = 16;

  @Option(
      names = "--checkpoint-timeout",
      paramLabel = "DURATION",
      defaultValue = "PT30S",
      description = "Freeze the layer in memory when its first record is so old. Default: ${DEFAULT-VALUE}")
  private Duration checkpointTimeout = Duration.ofSeconds(30);

  @Option(
      names = "--tenant-default",
      paramLabel = "SETTING=VALUE",
      description = "What holds for a tenant that has no value of its own, as in compaction_period=20s; may be repeated, and "
          + "goes before the options above. GET /v1/tenant/T/config lists the settings")
  private Map<String, String> tenantDefaults = new LinkedHashMap<>();

  @Option(
      names = "--open-layers-limit",
      paramLabel = "MIB",
      description = "Freeze the largest of the layers that take records early when those of all timelines hold more than so "
          + "many MiB together; 0 for no limit. Default: a quarter of the largest heap")
  private Optional<Integer> openLayersMebibytes = Optional.empty();

  @Option(
      names = "--wait-lsn-timeout",
      paramLabel = "DURATION",
      defaultValue = "PT5M",
      description = "How long a page request waits for WAL that was not received yet. Default: ${DEFAULT-VALUE}")
  private Duration waitLsn = Duration.ofMinutes(5);

  @Option(
      names = "--status-period",
      paramLabel = "DURATION",
      defaultValue = "PT3S",
      description = "How often the status is shown. Default: ${DEFAULT-VALUE}")
  private Duration statusPeriod = Duration.ofSeconds(3);

  @Option(
      names = "--listen-pg",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:64000",
      description = "Where the page service listens for psql, JDBC drivers and page clients; port 0 takes any that is free. "
          + "It asks nobody who he is. Default: ${DEFAULT-VALUE}")
  private InetSocketAddress pages = new InetSocketAddress(InetAddress.getLoopbackAddress(), 64000);

  @Option(
      names = "--listen-http",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9898",
      description = "Where the management API listens; port 0 takes any that is free. It asks nobody who he is: whoever "
          + "reaches it may do all. Default: ${DEFAULT-VALUE}")
  private InetSocketAddress http = new InetSocketAddress(InetAddress.getLoopbackAddress(), 9898);

  @Option(
      names = "--testing",
      description = "Let whoever reaches the management API arm faults, by PUT /v1/failpoints.")
  private boolean testing;

  @Option(
      names = "--stop-with-parent",
      hidden = true,
      description = "Close when the process that started this one ends, as if it had passed on its signal.")
  private boolean stopWithParent;

  private static final Duration LONGEST = Duration.ofDays(365);

  /**
   * Runs the server and exits.
   *
   * @param arguments the command line
   */
  public static void main(String... arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** {@return the command with its parser} */
  static CommandLine commandLine() {
    return new CommandLine(new PageserverCommand())
        .registerConverter(Duration.class, PageserverCommand::duration)
        .registerConverter(InetSocketAddress.class, PageserverCommand::address);
  }

  private static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    try {
      String host = text.substring(0, Math.max(0, colon)).replaceAll("^\\[|]$", "");
      InetSocketAddress address = new InetSocketAddress(host, Integer.parseInt(text.substring(colon + 1)));
      if (!host.isEmpty() && !address.isUnresolved()) {
        return address;
      }
    } catch (IllegalArgumentException malformed) {
      throw new TypeConversionException("'" + text + "' is no address like 127.0.0.1:9898");
    }
    throw new TypeConversionException("'" + text + "' names no host that is known, as 127.0.0.1:9898 does");
  }

  private static Duration duration(String text) {
    try {
      Duration value = Duration.parse(text);
      if (value.isPositive() && value.compareTo(LONGEST) <= 0) {
        return value;
      }
    } catch (DateTimeParseException malformed) {
      throw new TypeConversionException("'" + text + "' is no duration like PT20S or PT1M30S");
    }
    throw new TypeConversionException("'" + text + "' is not between zero and " + LONGEST);
  }

  @Override
  public Integer call() throws InterruptedException {
    Settings settings = settings();
    StopSignals signals = StopSignals.install();
    if (stopWithParent) {
      signals.whenParentEnds();
    }
    log.info("process {}; carriers: {}", ProcessHandle.current().pid(), Pools.MGMT.isolation());
    Pageserver server;
    try {
      server = Pageserver.start(settings, signals::failed);
    } catch (IOException | RuntimeException failed) {
      log.error("the pageserver could not start: {}", failed.getMessage(), failed);
      return 1;
    }
    signals.onSecond(server::closeHard);
    log.info("closing because of {}", signals.await(runFor));
    return close(server, signals);
  }

  private int close(Pageserver server, StopSignals signals) {
    CloseReport report = server.close(closeBudget);
    System.out.print(report);
    if (!report.closed()) {
      log.error("not all has ended within {}; the process ends anyway, and the next start continues", closeBudget);
    } else if (!report.isOrderly()) {
      log.error("closed, but not in order: what was not flushed is received again by the next start");
    }
    signals.failure().ifPresent(failure -> log.error("closed because of a failure: {}", failure.getMessage()));
    return report.isOrderly() && signals.failure().isEmpty() ? 0 : 1;
  }

  private Settings settings() {
    try {
      if (openLayersMebibytes.filter(each -> each < 0).isPresent()) {
        throw new IllegalArgumentException("--open-layers-limit is not negative");
      }
      List<PostgresSource> sources = postgres.stream().map(PostgresSource::of).toList();
      TenantConfig checkpoints = TenantConfig.EMPTY
          .with(Setting.CHECKPOINT_DISTANCE, Long.toString(Math.multiplyExact((long) checkpointMebibytes, 1L << 20)))
          .with(Setting.CHECKPOINT_TIMEOUT, TenantConfig.text(checkpointTimeout));
      TenantConfig defaults = TenantConfig.of(tenantDefaults).orElse(checkpoints);
      Path folder = data.toAbsolutePath();
      Path remoteFolder = remote.map(Path::toAbsolutePath).orElse(folder.resolve("remote"));
      long openLayers = openLayersMebibytes.map(each -> (long) each << 20).orElseGet(OpenLayerLimit::usual);
      PageServiceSettings pageService = PageServiceSettings.on(pages).withWaitLsn(waitLsn);
      return new Settings(
          folder, remoteFolder, sources, defaults, openLayers, statusPeriod, pageService, http, testing);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
    }
  }
}
