// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Named points in a server's code where a test, or whoever runs the server, can make something go wrong: throw, take long,
 * or wait there until told.
 *
 * {@snippet class="io.tidegate.testing.FaultSnippetsTest" region="point"}
 *
 * <p>A point does nothing until somebody <i>arms</i> a {@link Fault} for its name, here or in text. A point may be passed in
 * several places, and by any number of threads. It has one fault at a time: the next one that is armed disarms that before.
 *
 * {@snippet class="io.tidegate.testing.FaultSnippetsTest" region="arm"}
 *
 * <p><b>In text</b>, as {@link #arm(String)} takes it, a fault is {@code point=action}, and the action one of
 * <ul>
 *   <li>{@code fail}, or {@code fail(text)} with the exception's message
 *   <li>{@code delay(250ms)}, with {@code ms}, {@code s} or {@code min}
 *   <li>{@code pause}
 *   <li>{@code off}, which disarms
 * </ul>
 * each of which may end with {@code @n}, to strike the {@code n}-th pass only: {@code flush.before-fsync=fail(disk full)@3}.
 *
 * <p><b>What a point costs</b> while nothing is armed in the process: one read of a volatile static field, and a comparison
 * with null. While anything is armed, each point looks its name up as well.
 *
 * <p><b>Threads:</b> safe for use by any thread. Faults are the process's: all threads that pass the point meet them.
 *
 * <p><b>Not promised:</b> that arming is seen by a thread that is passing the point at that moment.
 */
public final class Faults {
  /*
   * The price of a disarmed point. On x86 a volatile read is an ordinary load, elsewhere a load with acquire: it stops no
   * pipeline, and its cache line is written only when somebody arms. A plain field would save nothing but the acquire, and
   * could be hoisted out of a loop that then never sees the fault. Name and exception are constants at the call.
   */
  /** The system property that {@link #armConfigured} reads: {@value}. */
  public static final String PROPERTY = "io.tidegate.faults";

  private static final Pattern TEXT = Pattern.compile(
      "(?<point>[^=]*)=(?<action>[a-z]+)(?:\\((?<argument>.*)\\))?(?:@(?<pass>[0-9]{1,9}))?", Pattern.DOTALL);
  private static final Pattern TIME = Pattern.compile("([0-9]{1,12})(ms|s|min)");
  private static final Pattern NAME = Pattern.compile("[^\\s=;]+");

  private static final Object LOCK = new Object();

  /** By the names of their points, never changed; null while nothing is armed. Written under LOCK. */
  private static volatile @Nullable Map<String, Fault> armed;

  private Faults() {}

  // ---- passing

  /**
   * Marks a point in code that declares no exception for it. What it does while a fault is armed may block: a delay, and a
   * pause, until it is over, or a cancel of the calling task ends it. An interrupt ends it as well: then the point is passed,
   * with the interrupt status set.
   *
   * @param name the name of the point: without spaces, {@code =} and {@code ;}
   * @throws FaultException if a fault has it fail and tells no unchecked exception of its own
   * @throws io.tidegate.CancelledException if the calling task's own token is cancelled during a delay or a pause
   */
  public static void point(String name) {
    if (armed != null) {
      strike(name, FaultException::new);
    }
  }

  /**
   * Marks a point in code that declares an exception for what may fail there. It is passed as {@link #point(String)} is.
   *
   * {@snippet class="io.tidegate.testing.FaultSnippetsTest" region="declared"}
   *
   * @param name the name of the point: without spaces, {@code =} and {@code ;}
   * @param declared makes that exception out of a message, for a fault that tells none of its own
   * @param <X> the type of the exception
   * @throws X if a fault has it fail
   * @throws io.tidegate.CancelledException if the calling task's own token is cancelled during a delay or a pause
   */
  public static <X extends Exception> void point(String name, Function<String, X> declared) throws X {
    if (armed != null) {
      strike(name, declared);
    }
  }

  private static <X extends Exception> void strike(String name, Function<String, X> declared) throws X {
    Map<String, Fault> all = armed;
    Fault fault = all == null ? null : all.get(name);
    if (fault != null) {
      fault.strike(declared);
    }
  }

  // ---- arming

  /**
   * {@return what is going to be armed at a point}
   *
   * @param point the name of the point
   * @throws IllegalArgumentException if no point can have that name
   */
  public static Plan at(String point) {
    if (!NAME.matcher(point).matches()) {
      throw new IllegalArgumentException(
          "the name of a fault point is not empty and has no space, = or ;: \"" + point + "\"");
    }
    return new Plan(point, 0);
  }

  /**
   * Arms or disarms a fault that is told in text.
   *
   * @param text the point and the action, as above
   * @return the fault; empty if the action is {@code off}
   * @throws IllegalArgumentException if the text is none of these; nothing has changed then
   */
  public static Optional<Fault> arm(String text) {
    return parse(text).get();
  }

  /**
   * Arms what the system property {@value #PROPERTY} says: faults in text, with {@code ;} between them. A server that can be
   * disturbed from outside calls it when it starts; without the property nothing is armed.
   *
   * @return the faults
   * @throws IllegalArgumentException if one of the texts is wrong; none is armed then
   */
  public static List<Fault> armConfigured() {
    List<Supplier<Optional<Fault>>> parsed = Pattern.compile(";")
        .splitAsStream(System.getProperty(PROPERTY, ""))
        .map(String::strip)
        .filter(text -> !text.isEmpty())
        .map(Faults::parse)
        .toList();
    return parsed.stream().map(Supplier::get).flatMap(Optional::stream).toList();
  }

  /**
   * Disarms a point, as {@link Fault#close} of what is armed there does.
   *
   * @param point the name of the point
   * @return whether something was armed there
   */
  public static boolean disarm(String point) {
    Optional<Fault> found = armed().stream().filter(fault -> fault.point().equals(point)).findFirst();
    found.ifPresent(Fault::close);
    return found.isPresent();
  }

  /** {@return what is armed in this process, by the names of the points} */
  public static List<Fault> armed() {
    Map<String, Fault> all = armed;
    return all == null
        ? List.of()
        : all.values().stream().sorted(Comparator.comparing(Fault::point)).toList();
  }

  /** Reads a text; what it answers arms or disarms what the text says. */
  private static Supplier<Optional<Fault>> parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw wrong(text, "it is not like point=action");
    }
    String pass = parts.group("pass");
    Plan plan = at(parts.group("point"));
    Plan planned = pass == null ? plan : plan.onPass(Integer.parseInt(pass));
    String argument = parts.group("argument");
    return switch (parts.group("action")) {
      case "fail" -> () -> Optional.of(argument == null ? planned.fail() : planned.fail(argument));
      case "delay" -> {
        Duration time = time(text, argument);
        yield () -> Optional.of(planned.delay(time));
      }
      case "pause" -> bare(text, argument, () -> Optional.of(planned.pause()));
      case "off" -> bare(text, argument, () -> {
        disarm(planned.point);
        return Optional.empty();
      });
      default -> throw wrong(text, "the action is fail, delay, pause or off");
    };
  }

  private static Supplier<Optional<Fault>> bare(
      String text, @Nullable String argument, Supplier<Optional<Fault>> action) {
    if (argument != null) {
      throw wrong(text, "that action takes nothing in brackets");
    }
    return action;
  }

  private static Duration time(String text, @Nullable String argument) {
    Matcher parts = TIME.matcher(argument == null ? "" : argument);
    if (!parts.matches()) {
      throw wrong(text, "a delay is like delay(250ms), in ms, s or min");
    }
    long count = Long.parseLong(parts.group(1));
    return switch (parts.group(2)) {
      case "ms" -> Duration.ofMillis(count);
      case "s" -> Duration.ofSeconds(count);
      default -> Duration.ofMinutes(count);
    };
  }

  private static IllegalArgumentException wrong(String text, String why) {
    return new IllegalArgumentException("fault \"" + text + "\": " + why);
  }

  // ---- the roll of those armed

  private static Fault enrol(Fault fault) {
    Fault before;
    synchronized (LOCK) {
      Map<String, Fault> all = copy();
      before = all.put(fault.point(), fault);
      armed = all;
    }
    if (before != null) {
      before.close();
    }
    return fault;
  }

  /** Takes a fault off the roll, if it is on it. */
  static void remove(Fault fault) {
    synchronized (LOCK) {
      Map<String, Fault> all = copy();
      if (all.remove(fault.point(), fault)) {
        armed = all.isEmpty() ? null : all;
      }
    }
  }

  private static Map<String, Fault> copy() {
    Map<String, Fault> all = armed;
    return all == null ? new TreeMap<>() : new TreeMap<>(all);
  }

  /** What is going to be armed at a point; each of the actions arms it. A value, that may be used again. */
  public static final class Plan {
    private final String point;
    /** The one pass that it strikes, counted from 1; 0 if it strikes all. */
    private final int pass;

    private Plan(String point, int pass) {
      this.point = point;
      this.pass = pass;
    }

    /** {@return the same for the first pass only} */
    public Plan once() {
      return onPass(1);
    }

    /**
     * {@return the same for one pass only; without this, each is struck}
     *
     * @param number which pass since the arming, the first one being 1
     * @throws IllegalArgumentException if the number is less than 1
     */
    public Plan onPass(int number) {
      if (number < 1) {
        throw new IllegalArgumentException("fault at " + point + ": the first pass is number 1, not " + number);
      }
      return new Plan(point, number);
    }

    /** {@return a fault by which the point throws the exception that it declares itself, now armed} */
    public Fault fail() {
      return fail("fault " + point);
    }

    /**
     * {@return a fault by which the point throws the exception that it declares itself, now armed}
     *
     * @param message the message of that exception
     */
    public Fault fail(String message) {
      Objects.requireNonNull(message, "message");
      return arm("fail(" + message + ")", new Fault.Fail(Optional.empty(), message));
    }

    /**
     * {@return a fault by which the point throws an exception, now armed}
     *
     * <p>If that is neither unchecked nor of the type that the point declares, the point throws an
     * {@link IllegalStateException} with it as the cause.
     *
     * @param exception makes what is thrown, for each time
     */
    public Fault fail(Supplier<? extends Throwable> exception) {
      Objects.requireNonNull(exception, "exception");
      return arm("fail(by an exception of the test)", new Fault.Fail(Optional.of(exception), ""));
    }

    /**
     * {@return a fault by which passing takes a time, now armed}
     *
     * @param time how long, by the clock of the calling task's pool
     */
    public Fault delay(Duration time) {
      return arm("delay(" + time.toMillis() + "ms)", new Fault.Hold(Optional.of(time)));
    }

    /** {@return a fault by which whoever passes waits until {@link Fault#resume} or {@link Fault#close}, now armed} */
    public Fault pause() {
      return arm("pause", new Fault.Hold(Optional.empty()));
    }

    private Fault arm(String words, Fault.Action action) {
      UnaryOperator<String> ofPass = text -> pass == 0 ? text : text + "@" + pass;
      return enrol(new Fault(point, ofPass.apply(point + "=" + words), pass, action));
    }
  }
}
