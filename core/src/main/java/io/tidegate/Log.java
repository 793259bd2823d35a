// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.Simulator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * A logger for what must go on whatever happens.
 *
 * <p>A logger runs code of others: its appenders, and the methods of the exceptions and values that it prints. What
 * that throws loses no task's end and stops no close: it goes to the thread's uncaught exception handler, and the call
 * returns.
 */
final class Log {
  private final Logger logger;

  private Log(Logger logger) {
    this.logger = logger;
  }

  static Log of(Class<?> type) {
    return new Log(LoggerFactory.getLogger(type));
  }

  boolean isDebugEnabled() {
    try {
      return logger.isDebugEnabled();
    } catch (Throwable thrown) { // of a filter
      tell(thrown);
      return false;
    }
  }

  void error(String format, @Nullable Object... arguments) {
    log(Level.ERROR, format, arguments);
  }

  void warn(String format, @Nullable Object... arguments) {
    log(Level.WARN, format, arguments);
  }

  void info(String format, @Nullable Object... arguments) {
    log(Level.INFO, format, arguments);
  }

  void debug(String format, @Nullable Object... arguments) {
    log(Level.DEBUG, format, arguments);
  }

  /** Logs as SLF4J does: an exception that comes last is shown with its stack. */
  void log(Level level, String format, @Nullable Object... arguments) {
    Simulator simulator = Simulator.current();
    if (simulator != null && simulator.isGivenUp()) {
      return;
    }
    try {
      switch (level) {
        case ERROR -> logger.error(format, arguments);
        case WARN -> logger.warn(format, arguments);
        case INFO -> logger.info(format, arguments);
        case DEBUG -> logger.debug(format, arguments);
        case TRACE -> logger.trace(format, arguments);
      }
    } catch (Throwable thrown) {
      tell(thrown);
    }
  }

  @SuppressWarnings("EmptyCatch") // the JVM ignores it as well
  private static void tell(Throwable thrown) {
    Thread thread = Thread.currentThread();
    try {
      thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown);
    } catch (Throwable handlersOwn) {
      // As specified by Thread.UncaughtExceptionHandler.
    }
  }
}
