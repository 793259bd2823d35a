// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The wish that the process stops: from a signal, or from within.
 *
 * <p>SIGINT and SIGTERM are taken over from the JVM, whose own handling knows neither an exit code of 0 nor a second
 * signal.
 */
final class StopSignals {
  private static final Logger log = LoggerFactory.getLogger(StopSignals.class);

  /** Within this time further signals are the same wish: a terminal and a parent process may both pass on one Ctrl-C. */
  private static final Duration SAME_WISH = Duration.ofSeconds(1);

  private final CountDownLatch wished = new CountDownLatch(1);
  /** Guarded by this. */
  private @Nullable String why;

  private @Nullable Throwable failure;
  private long firstNanos;
  private boolean repeated;
  private @Nullable Runnable onSecond;

  private StopSignals() {}

  /** Takes SIGINT and SIGTERM over for the rest of the process's life. */
  static StopSignals install() {
    StopSignals signals = new StopSignals();
    // By reflection: sun.misc.Signal is exported for use, but the compiler warns of it in a way that cannot be silenced.
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      InvocationHandler handler =
          (proxy, method, arguments) -> {
            if (method.getName().equals("handle")) {
              signals.signalled(String.valueOf(arguments[0]));
              return null;
            }
            return method.invoke(signals, arguments);
          };
      Object proxy = Proxy.newProxyInstance(StopSignals.class.getClassLoader(), new Class<?>[] {handlerType}, handler);
      for (String name : List.of("INT", "TERM")) {
        Object each = signal.getConstructor(String.class).newInstance(name);
        signal.getMethod("handle", signal, handlerType).invoke(null, each, proxy);
      }
    } catch (ReflectiveOperationException | IllegalArgumentException unavailable) {
      log.warn("signals end the process at once on this JVM: {}", unavailable.toString());
    }
    return signals;
  }

  /** Takes the end of the parent process as a wish: Maven dies of a signal and does not pass it on. */
  void whenParentEnds() {
    ProcessHandle.current().parent().ifPresent(parent -> Thread.startVirtualThread(() -> {
      parent.onExit().join();
      wish("end of the parent", null);
    }));
  }

  /** Sets what a second signal does. */
  synchronized void onSecond(Runnable action) {
    onSecond = action;
  }

  /** Wishes that the process stops because it cannot go on. */
  void failed(Throwable cause) {
    wish("failure", cause);
  }

  private void signalled(String name) {
    Runnable second;
    synchronized (this) {
      boolean first = why == null;
      second = first ? null : onSecond;
      boolean nothingToDo = repeated || second == null || System.nanoTime() - firstNanos < SAME_WISH.toNanos();
      if (!first && nothingToDo) {
        return;
      }
      repeated = !first;
    }
    if (second != null) {
      log.warn("{} again: closing the hard way", name);
      second.run();
    } else {
      wish(name, null);
    }
  }

  private synchronized void wish(String reason, @Nullable Throwable cause) {
    if (why == null) {
      why = reason;
      failure = cause;
      firstNanos = System.nanoTime();
      wished.countDown();
    }
  }

  /** Waits for the wish, or for a time; says which it was. */
  String await(Optional<Duration> limit) throws InterruptedException {
    if (limit.isEmpty()) {
      wished.await();
    } else if (!wished.await(limit.get().toNanos(), TimeUnit.NANOSECONDS)) {
      wish("end of --run-for", null);
    }
    synchronized (this) {
      return String.valueOf(why);
    }
  }

  /** {@return what made the process stop, if it was a failure} */
  synchronized Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }
}
