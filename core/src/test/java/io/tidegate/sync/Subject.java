// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A wait of this package that nothing ends by itself, for tests of what all of them have in common. */
record Subject(String name, Wait body, IntSupplier waiting, Use use) {
  private static final String HELD = "held";

  /** The wait, with a limit or without; says whether it got what it has waited for. */
  interface Wait {
    boolean run(@Nullable Duration limit, CancellationToken token) throws Exception;
  }

  /** Ends the wait of a newcomer, and checks that whatever went by before has left the object whole. */
  interface Use {
    void run() throws Exception;
  }

  static Stream<Subject> all() throws Exception {
    return Stream.of(seqWait(), watch(), limiter(), once(), sender(), receiver());
  }

  static Stream<Subject> withLimit() throws Exception {
    return all().filter(subject -> !subject.name.equals("Once.get"));
  }

  static Subject seqWait() {
    SeqWait lsn = SeqWait.startingAt("lsn", 0);
    return new Subject(
        "SeqWait.await",
        (limit, token) -> {
          if (limit != null) {
            return lsn.await(1, limit, token);
          }
          lsn.await(1, token);
          return true;
        },
        lsn::waiting,
        () -> lsn.advance(1));
  }

  static Subject watch() throws Exception {
    Watch<String> watch = Watch.of("first");
    return new Subject(
        "Watch.next",
        (limit, token) -> {
          Watch.Reader<String> reader = watch.subscribe();
          reader.next(token); // the present value
          return (limit == null ? reader.next(token) : reader.next(limit, token)).isPresent();
        },
        watch::waiting,
        () -> watch.set("second"));
  }

  static Subject limiter() throws Exception {
    Limiter limiter = Limiter.of("work", 1);
    Limiter.Permit held = limiter.acquire(CancellationToken.none());
    return new Subject(
        "Limiter.acquire",
        (limit, token) -> {
          if (limit != null) {
            return limiter.acquire(limit, token).map(Subject::giveBack).orElse(false);
          }
          return giveBack(limiter.acquire(token));
        },
        limiter::waiting,
        held::close);
  }

  private static boolean giveBack(Limiter.Permit permit) {
    permit.close();
    return true;
  }

  static Subject once() throws Exception {
    Once<String> once = Once.named("layer");
    CountDownLatch makes = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    Thread.ofVirtual().start(() -> make(once, makes, mayEnd));
    makes.await();
    return new Subject(
        "Once.get", (limit, token) -> once.get(t -> "mine", token).equals("first"), once::waiting, mayEnd::countDown);
  }

  private static void make(Once<String> once, CountDownLatch makes, CountDownLatch mayEnd) {
    try {
      once.get(
          token -> {
            makes.countDown();
            mayEnd.await();
            return "first";
          },
          CancellationToken.none());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static Subject sender() throws Exception {
    Mailbox<String> mailbox = Mailbox.of("box", 1);
    mailbox.send(HELD, CancellationToken.none());
    return new Subject(
        "Mailbox.send",
        (limit, token) -> {
          if (limit != null) {
            return mailbox.send("late", limit, token);
          }
          mailbox.send("late", token);
          return true;
        },
        mailbox::waiting,
        () -> {
          List<String> got = List.of(mailbox.poll().orElseThrow(), mailbox.poll().orElse("nothing"));
          if (!got.equals(List.of(HELD, "late"))) {
            throw new AssertionError(got);
          }
        });
  }

  static Subject receiver() {
    Mailbox<String> mailbox = Mailbox.of("box", 1);
    return new Subject(
        "Mailbox.receive",
        (limit, token) -> (limit == null ? mailbox.receive(token) : mailbox.receive(limit, token)).isPresent(),
        mailbox::waiting,
        () -> mailbox.send("item", CancellationToken.none()));
  }

  @Override
  public String toString() {
    return name;
  }
}
