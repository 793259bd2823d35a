// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.carrier.SchedulerAccess.Open;
import io.tidegate.carrier.SchedulerAccess.Refused;
import io.tidegate.carrier.SchedulerAccess.Route;
import io.tidegate.internal.JvmThreads;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
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

  /** Finds one way into the JVM, or tells by an exception that it is not there, or not open. */
  interface Search {
    Route find() throws ReflectiveOperationException;
  }

  /** Returns the known routes by name, the preferred first. */
  static Map<String, Search> routes() {
    Map<String, Search> routes = new LinkedHashMap<>();
    routes.put("method ThreadBuilders.newVirtualThread", SchedulerProbe::byMethod);
    routes.put("constructor VirtualThreadBuilder(Executor)", SchedulerProbe::byConstructor);
    routes.put("field VirtualThreadBuilder.scheduler", SchedulerProbe::byField);
    return routes;
  }

  static SchedulerAccess run() {
    List<String> failures = new ArrayList<>();
    for (Map.Entry<String, Search> candidate : routes().entrySet()) {
      try {
        Executor jdkScheduler = jdkScheduler();
        Route route = candidate.getValue().find();
        verify(route);
        return new Open(route, jdkScheduler, "own scheduler through " + candidate.getKey());
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
  static void verify(Route route) {
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

  private static Route byConstructor() throws ReflectiveOperationException {
    Constructor<?> constructor =
        Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder").getDeclaredConstructor(Executor.class);
    constructor.setAccessible(true);
    return (scheduler, name, body) -> {
      try {
        return ((Thread.Builder.OfVirtual) constructor.newInstance(scheduler)).name(name).unstarted(body);
      } catch (ReflectiveOperationException e) {
        throw noMore(e);
      }
    };
  }

  private static Route byField() throws ReflectiveOperationException {
    Field field = Thread.ofVirtual().getClass().getDeclaredField("scheduler");
    field.setAccessible(true);
    return (scheduler, name, body) -> {
      try {
        Thread.Builder.OfVirtual builder = Thread.ofVirtual().name(name);
        field.set(builder, scheduler);
        return builder.unstarted(body);
      } catch (ReflectiveOperationException e) {
        throw noMore(e);
      }
    };
  }

  /** The cheapest one: it makes no builder. */
  private static Route byMethod() throws ReflectiveOperationException {
    Class.forName("java.lang.ThreadBuilders")
        .getDeclaredMethod("newVirtualThread", Executor.class, String.class, int.class, Runnable.class)
        .setAccessible(true); // tells why, if that is not allowed
    return JvmThreads::newVirtualThread;
  }

  private static IllegalStateException noMore(ReflectiveOperationException e) {
    return new IllegalStateException("The JVM made virtual threads before and now does not", e);
  }
}
