// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.ArrayList;
import java.util.List;

/** The tasks of a fan-out that failed, in the order in which they did. Its monitor guards it. */
final class FanOut {
  /** How many are kept: a fan-out is for one block, but nothing keeps it from growing. */
  private static final int KEPT = 64;

  private final ScopeImpl scope;
  private final List<TaskImpl<?>> failed = new ArrayList<>();

  FanOut(ScopeImpl scope) {
    this.scope = scope;
  }

  /** Notes a failure; called before the failure policy cancels the others, so that none of these comes first. */
  synchronized void add(TaskImpl<?> task) {
    if (failed.size() < KEPT) {
      failed.add(task);
    }
  }

  /** Whether {@link #throwIfFailed} will tell of a task. */
  synchronized boolean keeps(TaskImpl<?> task) {
    return failed.contains(task);
  }

  /** Throws if a task has failed; the handles of those it tells of count as asked. */
  void throwIfFailed() {
    List<TaskImpl<?>> all = kept();
    if (!all.isEmpty()) {
      all.forEach(TaskImpl::take);
      List<Throwable> thrown = all.stream().map(TaskImpl::thrown).toList();
      String message = all.getFirst().name() + " of " + scope.path() + " failed";
      throw new ScopeFailedException(message, thrown.getFirst(), thrown.subList(1, thrown.size()));
    }
  }

  /** Logs the failures that nobody took, those left out that were logged when they happened. */
  void logUntaken() {
    kept().stream()
        .filter(task -> task.isForked() && !(task.thrown() instanceof Error) && !task.isTaken())
        .forEach(UntakenFailures::log);
  }

  private synchronized List<TaskImpl<?>> kept() {
    return List.copyOf(failed);
  }
}
