// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.peer;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Callable;

/**
 * The {@code StructuredTaskScope} of the running JDK, in the shapes that it has on 21 and from 25 on. It is a preview:
 * a class that names it could be loaded by one JDK only, so it is called by handles, which the JIT compiles to plain
 * calls.
 * The JVM must be started with {@code --enable-preview}.
 */
public final class StructuredPeer {
  private static final MethodHandle OPEN;
  private static final MethodHandle FORK;
  private static final MethodHandle JOIN;
  private static final MethodHandle CLOSE;

  static {
    try {
      Class<?> type = Class.forName("java.util.concurrent.StructuredTaskScope");
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      MethodHandle open = type.isInterface()
          ? lookup.findStatic(type, "open", MethodType.methodType(type))
          : lookup.findConstructor(type, MethodType.methodType(void.class));
      Class<?> joined = type.isInterface() ? Object.class : type;
      Class<?> subtask = Class.forName("java.util.concurrent.StructuredTaskScope$Subtask");
      OPEN = open.asType(MethodType.methodType(Object.class));
      FORK = lookup.findVirtual(type, "fork", MethodType.methodType(subtask, Callable.class))
          .asType(MethodType.methodType(Object.class, Object.class, Callable.class));
      JOIN = lookup.findVirtual(type, "join", MethodType.methodType(joined))
          .asType(MethodType.methodType(Object.class, Object.class));
      CLOSE = lookup.findVirtual(type, "close", MethodType.methodType(void.class))
          .asType(MethodType.methodType(void.class, Object.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private StructuredPeer() {}

  /** {@return a new scope, owned by the calling thread} */
  public static Object open() throws Throwable {
    return (Object) OPEN.invokeExact();
  }

  /**
   * Forks a subtask.
   *
   * @param scope the scope
   * @param body what it does
   * @return the subtask
   */
  public static Object fork(Object scope, Callable<?> body) throws Throwable {
    return (Object) FORK.invokeExact(scope, body);
  }

  /**
   * Waits for all subtasks and closes the scope.
   *
   * @param scope the scope
   */
  public static void joinAndClose(Object scope) throws Throwable {
    Object ignored = (Object) JOIN.invokeExact(scope);
    CLOSE.invokeExact(scope);
  }
}
