// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Map;
import java.util.stream.Collectors;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** What a flight recording says when a task begins to run, on the task's thread, if it is switched on there. */
@Name("io.tidegate.TaskStart")
@Label("Task Start")
@Description("A task begins to run on this thread")
@Category("Tidegate")
@StackTrace(false)
@Enabled(false)
final class TaskStart extends Event {
  /** The recording's own note of the thread may be missing when an event of a virtual thread is read. */
  @Label("Java Thread Id")
  long javaThreadId;

  @Label("Task Id")
  long taskId;

  @Label("Name")
  String name = "";

  @Label("Kind")
  String kind = "";

  @Label("Scope")
  String scope = "";

  @Label("Attributes")
  @Description("Those of the scope, one name=value a line")
  String attributes = "";

  private TaskStart() {}

  static void tell(TaskImpl<?> task) {
    if (new TaskStart().isEnabled()) { // escapes nowhere: free, also after a recording
      write(task);
    }
  }

  private static void write(TaskImpl<?> task) {
    TaskStart event = new TaskStart();
    event.javaThreadId = Thread.currentThread().threadId();
    event.taskId = task.id();
    event.name = task.name();
    event.kind = task.kindName();
    event.scope = task.scope().path();
    event.attributes = lines(task.scope().logAttributes());
    event.commit();
  }

  static String lines(Map<String, String> attributes) {
    return attributes.entrySet().stream()
        .map(entry -> entry.getKey() + '=' + entry.getValue().replace('\n', ' '))
        .sorted()
        .collect(Collectors.joining("\n"));
  }
}
