// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** What a flight recording says when a task has ended, on the task's thread, if it is switched on there. */
@Name("io.tidegate.TaskEnd")
@Label("Task End")
@Description("A task has ended on this thread")
@Category("Tidegate")
@StackTrace(false)
@Enabled(false)
final class TaskEnd extends Event {
  /** The recording's own note of the thread may be missing when an event of a virtual thread is read. */
  @Label("Java Thread Id")
  long javaThreadId;

  @Label("Task Id")
  long taskId;

  @Label("State")
  String state = "";

  private TaskEnd() {}

  static void tell(TaskImpl<?> task) {
    if (new TaskEnd().isEnabled()) { // escapes nowhere: free, also after a recording
      write(task);
    }
  }

  private static void write(TaskImpl<?> task) {
    TaskEnd event = new TaskEnd();
    event.javaThreadId = Thread.currentThread().threadId();
    event.taskId = task.id();
    event.state = task.state().name();
    event.commit();
  }
}
