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

/** What a flight recording says when a gate that is no scope's own has closed, on the thread of whoever left last. */
@Name("io.tidegate.GateClose")
@Label("Gate Close")
@Description("A gate has closed: nobody is inside any more")
@Category("Tidegate")
@StackTrace(false)
final class GateClose extends Event {
  @Label("Path")
  String path = "";

  @Label("Closer")
  @Description("The scope that began the close, or the thread")
  String closer = "";

  @Label("Elapsed")
  @Description("From the begin of the close to its end, by the clock of the closer's pool")
  @Timespan(Timespan.NANOSECONDS)
  long elapsed;

  @Label("Waited For")
  @Description("How many left this gate itself after the close had begun")
  int waitedFor;

  private GateClose() {}

  static void tell(GateImpl gate, CloseLog log, Duration elapsed) {
    if (new GateClose().isEnabled()) { // escapes nowhere: free, also after a recording
      write(gate, log, elapsed);
    }
  }

  private static void write(GateImpl gate, CloseLog log, Duration elapsed) {
    GateClose event = new GateClose();
    event.path = gate.path();
    event.closer = log.closer();
    event.elapsed = elapsed.toNanos();
    event.waitedFor = log.departed();
    event.commit();
  }
}
