// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Captures what a logger logs, of all levels, and keeps it from the console. */
public final class Logs implements AutoCloseable {
  static {
    // On the module path the library's own module does not read the logger that only its tests need.
    Stream.of("ch.qos.logback.classic", "ch.qos.logback.core")
        .flatMap(name -> ModuleLayer.boot().findModule(name).stream())
        .forEach(Logs.class.getModule()::addReads);
  }

  private final Logger logger;
  private final @Nullable Level before;
  private final Capture appender;

  private Logs(String loggerName, Level level, String about) {
    appender = new Capture(about);
    logger = (Logger) LoggerFactory.getLogger(loggerName);
    before = logger.getLevel();
    logger.setLevel(level);
    logger.setAdditive(false);
    appender.setContext(logger.getLoggerContext());
    appender.start();
    logger.addAppender(appender);
  }

  public static Logs of(String loggerName) {
    return new Logs(loggerName, Level.TRACE, "");
  }

  public static Logs of(Class<?> type) {
    return of(type.getName());
  }

  /**
   * Captures only messages with a text in them, such as the path of a gate that no other test has: the last one to leave
   * a slow gate may tell of its end after the close has returned, and after the test that it belongs to.
   */
  static Logs of(Class<?> type, String about) {
    return new Logs(type.getName(), Level.TRACE, about);
  }

  /** Keeps a logger from logging at all: where a test would log too much to capture. */
  public static Logs off(Class<?> type) {
    return new Logs(type.getName(), Level.OFF, "");
  }

  /** Does something with each event from now on, on the thread that logs it, before it is captured. */
  void onEvent(Consumer<ILoggingEvent> action) {
    appender.action = action;
  }

  List<ILoggingEvent> events() {
    return List.copyOf(appender.events);
  }

  public List<String> messages() {
    return appender.events.stream().map(event -> event.getLevel() + " " + event.getFormattedMessage()).toList();
  }

  @Override
  public void close() {
    logger.detachAppender(appender);
    logger.setAdditive(true);
    logger.setLevel(before);
  }

  private static final class Capture extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
    private final String about;
    private volatile Consumer<ILoggingEvent> action = event -> {};

    Capture(String about) {
      this.about = about;
    }

    @Override
    protected void append(ILoggingEvent event) {
      action.accept(event);
      event.prepareForDeferredProcessing();
      if (event.getFormattedMessage().contains(about)) {
        events.add(event);
      }
    }
  }
}
