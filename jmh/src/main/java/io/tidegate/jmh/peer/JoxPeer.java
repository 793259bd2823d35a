// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.peer;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Proxy;
import java.util.concurrent.Callable;

/**
 * The supervised scope of jox, called by handles: its classes are those of one JDK's preview, 25 for this version. The
 * JVM must be that JDK, started with {@code --enable-preview}.
 */
public final class JoxPeer {
  private static final Class<?> BODY;
  private static final MethodHandle SUPERVISED;
  private static final MethodHandle FORK;

  static {
    try {
      Class<?> scope = Class.forName("com.softwaremill.jox.structured.Scope");
      Class<?> fork = Class.forName("com.softwaremill.jox.structured.Fork");
      BODY = Class.forName("com.softwaremill.jox.structured.Scoped");
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      Class<?> scopes = Class.forName("com.softwaremill.jox.structured.Scopes");
      SUPERVISED = lookup.findStatic(scopes, "supervised", MethodType.methodType(Object.class, BODY))
          .asType(MethodType.methodType(Object.class, Object.class));
      FORK = lookup.findVirtual(scope, "forkUser", MethodType.methodType(fork, Callable.class))
          .asType(MethodType.methodType(Object.class, Object.class, Callable.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private JoxPeer() {}

  /** What is done in a scope. */
  @FunctionalInterface
  public interface Body {
    /**
     * Does it.
     *
     * @param scope the scope, to fork in
     */
    void run(Object scope) throws Throwable;
  }

  /**
   * Runs a body in a new scope and waits for all that it forks.
   *
   * @param body what is done there
   */
  public static void supervised(Body body) throws Throwable {
    Class<?>[] types = {BODY};
    Object scoped = Proxy.newProxyInstance(JoxPeer.class.getClassLoader(), types, (self, method, args) -> {
      body.run(args[0]);
      return null;
    });
    Object nothing = (Object) SUPERVISED.invokeExact(scoped);
    assert nothing == null;
  }

  /**
   * Forks into a scope that waits for it.
   *
   * @param scope the scope
   * @param body what is done
   * @return the fork
   */
  public static Object fork(Object scope, Callable<?> body) throws Throwable {
    return (Object) FORK.invokeExact(scope, body);
  }
}
