// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is set for a tenant; what is not has the server's value, and else a default.
 *
 * <p>An immutable value. Numbers are written in decimal, durations as a number with a unit ({@code 250ms}, {@code 20s},
 * {@code 10m}, {@code 1h}, {@code 7d}), and a period of {@code 0s} turns what it is the period of off.
 */
public final class TenantConfig {
  /** What nothing is set in. */
  public static final TenantConfig EMPTY = new TenantConfig(new EnumMap<>(Setting.class));

  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

  private final Map<Setting, String> values;

  /** What can be set, under its name in lower case. */
  public enum Setting {
    /** Bytes of WAL after which the open layer is frozen. */
    CHECKPOINT_DISTANCE("268435456", 1),
    /** The age of its first record at which the open layer is frozen. */
    CHECKPOINT_TIMEOUT("10m", 1),
    /** How many frozen layers may wait for the flush before the ingest waits too. */
    CHECKPOINT_LAYERS("4", 1),
    /** The size in bytes of the layers that compaction writes. */
    COMPACTION_TARGET_SIZE("134217728", 1),
    /** How often compaction looks whether there is something to do. */
    COMPACTION_PERIOD("20s", 0),
    /** How many layers of the flush make compaction worth its while. */
    COMPACTION_THRESHOLD("10", 1),
    /** How many bytes of the log garbage collection keeps; 0 to keep all. */
    GC_HORIZON("67108864", 0),
    /** How often garbage collection looks whether there is something to do. */
    GC_PERIOD("1h", 0),
    /** How many layers may lie over an image before a new one is made. */
    IMAGE_CREATION_THRESHOLD("3", 1),
    /** How much history garbage collection keeps at least. */
    PITR_INTERVAL("7d", 0),
    /** How long a connection to a source may take, and after it may be silent. */
    WALRECEIVER_CONNECT_TIMEOUT("10s", 1),
    /** For how long a source may lag behind others. */
    LAGGING_WAL_TIMEOUT("10s", 1),
    /** By how many bytes a source may lag behind others. */
    MAX_LSN_WAL_LAG("1073741824", 1);

    private final String byDefault;
    private final int least;

    Setting(String byDefault, int least) {
      this.byDefault = byDefault;
      this.least = least;
    }

    /** {@return the name under which it is written} */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }

    private boolean isDuration() {
      return !Character.isDigit(byDefault.charAt(byDefault.length() - 1));
    }

    private void check(String value) {
      long amount = isDuration() ? parseDuration(value).toMillis() : parseNumber(value);
      if (amount < least) {
        throw new IllegalArgumentException("is less than the least: " + value);
      }
    }

    private static Setting of(String name) {
      return Arrays.stream(values())
          .filter(key -> key.text().equals(name))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("there is no setting \"" + name + "\""));
    }
  }

  private TenantConfig(Map<Setting, String> values) {
    this.values = values;
  }

  /**
   * {@return the configuration that sets these}
   *
   * @param texts value by name
   * @throws IllegalArgumentException if a name or a value is none; the message says which
   */
  public static TenantConfig of(Map<String, String> texts) {
    Map<Setting, String> values = new EnumMap<>(Setting.class);
    texts.forEach((name, value) -> values.put(Setting.of(name), checked(Setting.of(name), value)));
    return new TenantConfig(values);
  }

  private static String checked(Setting key, String value) {
    try {
      key.check(value);
      return value;
    } catch (IllegalArgumentException wrong) {
      throw new IllegalArgumentException(key.text() + " " + wrong.getMessage(), wrong);
    }
  }

  /**
   * {@return the same with one more, or another value}
   *
   * @param key what to set
   * @param value the value, as written
   * @throws IllegalArgumentException if it is no such value
   */
  public TenantConfig with(Setting key, String value) {
    Map<Setting, String> changed = new EnumMap<>(Setting.class);
    changed.putAll(values);
    changed.put(key, checked(key, value));
    return new TenantConfig(changed);
  }

  /**
   * {@return the same, and what is not set here as it is set there}
   *
   * @param defaults what to fall back to
   */
  public TenantConfig orElse(TenantConfig defaults) {
    Map<Setting, String> both = new EnumMap<>(Setting.class);
    both.putAll(defaults.values);
    both.putAll(values);
    return new TenantConfig(both);
  }

  /**
   * {@return a count or a number of bytes}
   *
   * @param key a number
   */
  public long number(Setting key) {
    return value(key, !key.isDuration(), TenantConfig::parseNumber);
  }

  /**
   * {@return a time}
   *
   * @param key a duration
   */
  public Duration duration(Setting key) {
    return value(key, key.isDuration(), TenantConfig::parseDuration);
  }

  private <T> T value(Setting key, boolean isKind, Function<String, T> parser) {
    if (!isKind) {
      throw new IllegalArgumentException(key + " is of the other sort");
    }
    return parser.apply(values.getOrDefault(key, key.byDefault));
  }

  /** {@return what is set, value by name, in the order of the names} */
  public SortedMap<String, String> texts() {
    SortedMap<String, String> texts = new TreeMap<>();
    values.forEach((key, value) -> texts.put(key.text(), value));
    return Collections.unmodifiableSortedMap(texts);
  }

  /** {@return all that can be set, with the value that is in force, in the order of the names} */
  public SortedMap<String, String> effective() {
    SortedMap<String, String> texts = new TreeMap<>();
    for (Setting key : Setting.values()) {
      texts.put(key.text(), values.getOrDefault(key, key.byDefault));
    }
    return Collections.unmodifiableSortedMap(texts);
  }

  /** {@return a duration as it is written here, cut off to milliseconds} */
  public static String text(Duration duration) {
    return duration.toMillis() % 1_000 == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
  }

  private static long parseNumber(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException malformed) {
      throw new IllegalArgumentException("is a number, not \"" + text + "\"", malformed);
    }
  }

  private static Duration parseDuration(String text) {
    Matcher parts = DURATION.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("is a duration like 250ms, 20s, 10m, 1h or 7d, not \"" + text + "\"");
    }
    return unit(parts.group(2)).apply(Long.parseLong(parts.group(1)));
  }

  private static LongFunction<Duration> unit(String unit) {
    return switch (unit) {
      case "ms" -> Duration::ofMillis;
      case "s" -> Duration::ofSeconds;
      case "m" -> Duration::ofMinutes;
      case "h" -> Duration::ofHours;
      default -> Duration::ofDays;
    };
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TenantConfig config && values.equals(config.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return texts().entrySet().stream().map(each -> each.getKey() + " = " + each.getValue())
        .collect(Collectors.joining(", ", "{", "}"));
  }
}
