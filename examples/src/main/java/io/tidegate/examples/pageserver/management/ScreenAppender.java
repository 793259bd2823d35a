// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management;

import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;

/** Prints log lines above the status. Named in {@code logback.xml}. */
public final class ScreenAppender extends AppenderBase<ILoggingEvent> {
  static final Screen SCREEN = Screen.ofProcess();

  private final PatternLayout layout = new PatternLayout();
  private String pattern = "%d{HH:mm:ss.SSS} %-5level %msg%n";

  /**
   * Sets the form of the lines; called by the configuration.
   *
   * @param newPattern the pattern, as of {@link PatternLayout}
   */
  public void setPattern(String newPattern) {
    pattern = newPattern;
  }

  @Override
  public void start() {
    layout.setContext(getContext());
    layout.setPattern(pattern);
    layout.start();
    super.start();
  }

  @Override
  protected void append(ILoggingEvent event) {
    SCREEN.print(layout.doLayout(event));
  }
}
