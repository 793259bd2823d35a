// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.ArrayList;
import java.util.List;

/** The forked tasks of one scope that failed, until somebody asks their handles. Its monitor guards it. */
final class UntakenFailures {
  private static final Log log = Log.of(Scope.class);
  /** How many are kept; a scope lives for months, and may be one that nobody ever asks. */
  private static final int KEPT = 64;

  private final List<TaskImpl<?>> failed = new ArrayList<>();

  /** Keeps a failed task; where too many are kept, the oldest is logged now instead of at the close. */
  void add(TaskImpl<?> task) {
    TaskImpl<?> tooMany = null;
    synchronized (this) {
      failed.removeIf(TaskImpl::isTaken);
      failed.add(task);
      if (failed.size() > KEPT) {
        tooMany = failed.removeFirst();
      }
    }
    if (tooMany != null) {
      log(tooMany);
    }
  }

  /** Logs those whose failure nobody took. */
  void logAll() {
    List<TaskImpl<?>> all;
    synchronized (this) {
      if (failed.isEmpty()) {
        return;
      }
      all = List.copyOf(failed);
      failed.clear();
    }
    all.stream().filter(task -> !task.isTaken()).forEach(UntakenFailures::log);
  }

  static void log(TaskImpl<?> task) {
    log.error("{} failed and nobody asked; attributes {}", task, task.scope().logAttributes(), task.thrown());
  }
}
