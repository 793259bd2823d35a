// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.slf4j.LoggerFactory;

/** Catches what is logged while it is open, INFO and above, and keeps it off the console. */
public final class LogLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private final Logger logger = (Logger) LoggerFactory.getLogger("io.tidegate");
  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();

  /** Begins to catch. */
  public LogLines() {
    setContext(logger.getLoggerContext());
    start();
    logger.setLevel(Level.INFO);
    logger.setAdditive(false);
    logger.addAppender(this);
  }

  @Override
  protected void append(ILoggingEvent event) {
    event.prepareForDeferredProcessing();
    events.add(event);
  }

  /** {@return the lines of one level and above, without time} */
  public List<String> lines(Level from) {
    return matching(event -> event.getLevel().isGreaterOrEqual(from)).stream().map(LogLines::text).toList();
  }

  /** {@return the events that a test is after} */
  public List<ILoggingEvent> matching(Predicate<ILoggingEvent> wanted) {
    return events.stream().filter(wanted).toList();
  }

  /** {@return whether some line contains the text} */
  public boolean contains(String text) {
    return events.stream().anyMatch(event -> event.getFormattedMessage().contains(text));
  }

  private static String text(ILoggingEvent event) {
    return event.getLevel() + " " + event.getFormattedMessage()
        + (event.getThrowableProxy() == null ? "" : " + " + event.getThrowableProxy().getClassName());
  }

  @Override
  public void close() {
    logger.detachAppender(this);
    logger.setAdditive(true);
    logger.setLevel(null);
    stop();
  }
}
