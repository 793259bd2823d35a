// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.time.Duration;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** What a flight recording says when a scope has closed, after its close steps, on the thread that ran the last of these. */
@Name("io.tidegate.ScopeClose")
@Label("Scope Close")
@Description("A scope has closed: nothing of it runs any more")
@Category("Tidegate")
@StackTrace(false)
final class ScopeClose extends Event {
  @Label("Path")
  String path = "";

  @Label("Attributes")
  @Description("One name=value a line")
  String attributes = "";

  @Label("Closer")
  @Description("The scope that began the close, or the thread")
  String closer = "";

  @Label("Elapsed")
  @Description("From the begin of the close to its end, by the clock of the closer's pool")
  @Timespan(Timespan.NANOSECONDS)
  long elapsed;

  @Label("Waited For")
  @Description("How many tasks, visits and others left this scope itself after the close had begun")
  int waitedFor;

  @Label("Steps Not Done")
  @Description("How many drain and close steps failed, overran their time, or were skipped")
  int stepsNotDone;

  private ScopeClose() {}

  static void tell(ScopeImpl scope, CloseLog log, Duration elapsed) {
    if (new ScopeClose().isEnabled()) { // escapes nowhere: free, also after a recording
      write(scope, log, elapsed);
    }
  }

  private static void write(ScopeImpl scope, CloseLog log, Duration elapsed) {
    ScopeClose event = new ScopeClose();
    event.path = scope.path();
    event.attributes = TaskStart.lines(scope.logAttributes());
    event.closer = log.closer();
    event.elapsed = elapsed.toNanos();
    event.waitedFor = log.departed();
    event.stepsNotDone = log.stepsNotDone();
    event.commit();
  }
}
