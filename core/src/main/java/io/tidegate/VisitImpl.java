// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.Simulator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** A visit: the stay of a thread in a scope that is not its task's. */
final class VisitImpl extends Stay implements Visit {
  private final @Nullable Stay around;
  private final TokenNode token;
  private final String holder;
  private final Thread visitor = Thread.currentThread();
  /** The log attributes before the visit, of the keys that it changes; visiting thread only. */
  private final Map<String, @Nullable String> logBefore = new HashMap<>();
  /** Whether the visiting thread is back to what it was before; visiting thread only. */
  private boolean restored;
  /** Any thread. */
  private volatile boolean left;

  VisitImpl(ScopeImpl scope) {
    super(scope.gate());
    this.around = Current.innermost();
    Stay outer = outer();
    TaskImpl<?> task = Current.task();
    this.token = outer == null ? scope.token().child() : PlainToken.ofParents(scope.token(), outer.token());
    this.holder = "visit of " + (task == null ? "thread " + visitor.getName() : task.name());
  }

  /** Makes the calling thread a visitor. */
  VisitImpl begin(ScopeImpl scope) {
    gate().enter(this);
    Simulator.step("visit is in the gate");
    runsOn(visitor);
    scope.logAttributes().forEach((key, value) -> {
      logBefore.put(key, MDC.get(key));
      MDC.put(key, value);
    });
    Current.push(this);
    return this;
  }

  @Override
  public TokenNode token() {
    return token;
  }

  @Override
  public void close() {
    left = true;
    if (Thread.currentThread() == visitor && !restored) {
      restored = true;
      logBefore.forEach(VisitImpl::restore);
      Current.pop(Current.innermost());
    }
    gate().leave(this);
  }

  private static void restore(String key, @Nullable String value) {
    if (value == null) {
      MDC.remove(key);
    } else {
      MDC.put(key, value);
    }
  }

  @Override
  @Nullable Stay around() {
    return around;
  }

  @Override
  boolean hasLeft() {
    return left;
  }

  @Override
  String holderName() {
    return holder;
  }

  @Override
  String kindName() {
    TaskImpl<?> task = Current.task(outer());
    return task == null ? "" : task.kindName();
  }

  @Override
  public String toString() {
    return holder + " in " + gate().path();
  }
}
