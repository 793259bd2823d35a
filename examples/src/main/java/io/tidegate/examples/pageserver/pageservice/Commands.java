// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.pageservice.wire.SqlState;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.function.Function;

/**
 * Understands commands.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class Commands {
  private final ServedTimelines timelines;
  private final Duration waitLsn;
  private final PageTraffic traffic;

  /**
   * Begins to understand.
   *
   * @param timelines what commands are about
   * @param waitLsn how long page requests wait for an LSN that was not received yet
   * @param traffic counts the answers to them
   */
  Commands(ServedTimelines timelines, Duration waitLsn, PageTraffic traffic) {
    this.timelines = timelines;
    this.waitLsn = waitLsn;
    this.traffic = traffic;
  }

  /**
   * {@return the command that a text is}
   *
   * @throws CommandException if it is none, or has other arguments than it takes
   */
  Command understand(String text) throws CommandException {
    List<String> words = words(text);
    String name = words.isEmpty() ? "" : words.getFirst().toLowerCase(Locale.ROOT);
    return switch (name) {
      case "" -> new Command.Nothing();
      case "set" -> new Command.Acknowledged("SET");
      case "pagestream_v2" -> pages(arguments(words, "TENANT", "TIMELINE"));
      case "get_last_record_rlsn" -> lastRecord(arguments(words, "TENANT", "TIMELINE"));
      case "show" -> show(arguments(words, "TENANT"));
      case "status" -> {
        arguments(words);
        yield new Command.Table(ServedTimelines.STATUS_COLUMNS, token -> timelines.status());
      }
      default -> throw new CommandException(SqlState.SYNTAX_ERROR, "unknown command \"" + name + "\"; there are "
          + "pagestream_v2, get_last_record_rlsn, show, status and set");
    };
  }

  private static List<String> words(String text) {
    String stripped = text.strip();
    while (stripped.endsWith(";")) {
      stripped = stripped.substring(0, stripped.length() - 1).strip();
    }
    return stripped.isEmpty() ? List.of() : List.of(stripped.split("\\s+"));
  }

  private static List<String> arguments(List<String> words, String... names) throws CommandException {
    if (words.size() - 1 != names.length) {
      throw new CommandException(SqlState.SYNTAX_ERROR,
          "write: " + String.join(" ", words.getFirst(), String.join(" ", names)).strip());
    }
    return words.subList(1, words.size());
  }

  private Command pages(List<String> ids) throws CommandException {
    TenantId tenant = id(ids.get(0), TenantId::parse);
    TimelineId timeline = id(ids.get(1), TimelineId::parse);
    return new Command.Pages(token -> new PageReads(timelines.find(tenant, timeline, token), waitLsn, traffic));
  }

  private Command lastRecord(List<String> ids) throws CommandException {
    TenantId tenant = id(ids.get(0), TenantId::parse);
    TimelineId timeline = id(ids.get(1), TimelineId::parse);
    return new Command.Table(List.of("prev_lsn", "last_lsn"), token -> lastRecord(tenant, timeline, token));
  }

  private List<List<String>> lastRecord(TenantId tenant, TimelineId timelineId, CancellationToken token)
      throws Exception {
    ServedTimeline timeline = timelines.find(tenant, timelineId, token);
    return timeline.scope().call(visit ->
        List.of(List.of(timeline.previousRecordLsn().toString(), timeline.lastRecordLsn().toString())));
  }

  private Command show(List<String> ids) throws CommandException {
    TenantId tenant = id(ids.getFirst(), TenantId::parse);
    SequencedMap<String, String> settings = timelines.settings(tenant);
    return new Command.Table(
        List.copyOf(settings.sequencedKeySet()), token -> List.of(List.copyOf(settings.sequencedValues())));
  }

  private static <T> T id(String text, Function<String, T> parse) throws CommandException {
    try {
      return parse.apply(text);
    } catch (IllegalArgumentException malformed) {
      throw new CommandException(
          SqlState.INVALID_PARAMETER_VALUE, String.valueOf(malformed.getMessage()), malformed);
    }
  }
}
