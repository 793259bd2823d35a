// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.carrier.SchedulerAccess.Open;
import io.tidegate.carrier.SchedulerAccess.Refused;
import io.tidegate.carrier.SchedulerAccess.Route;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Finds out whether this JVM lets virtual threads run on a scheduler of ours: tries each known route in a fixed order,
 * by running one thread on it, and keeps the first that works.
 *
 * <p>To be called on a platform thread: the probing thread is the carrier of the thread that it tries a route with.
 */
final class SchedulerProbe {
  private SchedulerProbe() {}

  /** Returns the flag of the {@code java} command that opens what is needed to this class. */
  static String flag() {
    Module module = SchedulerProbe.class.getModule();
    return "--add-opens java.base/java.lang=" + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
  }

  /** Returns the known routes by name, the preferred first. */
  static Map<String, Route> routes() {
    Map<String, Route> routes = new LinkedHashMap<>();
    routes.put("constructor VirtualThreadBuilder(Executor)", SchedulerProbe::byConstructor);
    routes.put("field VirtualThreadBuilder.scheduler", SchedulerProbe::byField);
    routes.put("method ThreadBuilders.newVirtualThread", SchedulerProbe::byMethod);
    return routes;
  }

  static SchedulerAccess run() {
    List<String> failures = new ArrayList<>();
    for (Map.Entry<String, Route> candidate : routes().entrySet()) {
      try {
        Executor jdkScheduler = jdkScheduler();
        verify(candidate.getValue());
        return new Open(candidate.getValue(), jdkScheduler, "own scheduler through " + candidate.getKey());
      } catch (InaccessibleObjectException closed) {
        return new Refused("java.base does not open java.lang to Tidegate; start java with " + flag());
      } catch (ReflectiveOperationException | RuntimeException unknown) {
        failures.add(candidate.getKey() + ": " + unknown);
      }
    }
    return new Refused(
        "JDK %s has no known way to a scheduler of one's own, even with %s (%s)"
            .formatted(Runtime.version(), flag(), String.join("; ", failures)));
  }

  /** Runs one thread by the route, with the calling thread as its carrier, and fails if it did not come here. */
  static void verify(Route route) throws ReflectiveOperationException {
    List<Runnable> handedOver = new ArrayList<>();
    AtomicBoolean ran = new AtomicBoolean();
    Thread thread = route.factoryOn(handedOver::add).newThread(() -> ran.set(true));
    thread.start();
    handedOver.forEach(Runnable::run);
    if (!thread.isVirtual() || handedOver.isEmpty() || !ran.get()) {
      throw new IllegalStateException("a thread made so does not come to its scheduler");
    }
  }

  private static Executor jdkScheduler() throws ReflectiveOperationException {
    Field field = Class.forName("java.lang.VirtualThread").getDeclaredField("DEFAULT_SCHEDULER");
    field.setAccessible(true);
    return (Executor) field.get(null);
  }

  private static ThreadFactory byConstructor(Executor scheduler) throws ReflectiveOperationException {
    Constructor<?> constructor =
        Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder").getDeclaredConstructor(Executor.class);
    constructor.setAccessible(true);
    return ((Thread.Builder.OfVirtual) constructor.newInstance(scheduler)).factory();
  }

  private static ThreadFactory byField(Executor scheduler) throws ReflectiveOperationException {
    Thread.Builder.OfVirtual builder = Thread.ofVirtual();
    Field field = builder.getClass().getDeclaredField("scheduler");
    field.setAccessible(true);
    field.set(builder, scheduler);
    return builder.factory();
  }

  private static ThreadFactory byMethod(Executor scheduler) throws ReflectiveOperationException {
    Method method =
        Class.forName("java.lang.ThreadBuilders")
            .getDeclaredMethod("newVirtualThread", Executor.class, String.class, int.class, Runnable.class);
    method.setAccessible(true);
    return body -> {
      try {
        return (Thread) method.invoke(null, scheduler, "", 0, body);
      } catch (IllegalAccessException | InvocationTargetException e) {
        throw new IllegalStateException("The JVM made virtual threads before and now does not", e);
      }
    };
  }
}
