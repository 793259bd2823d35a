// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.carrier.SchedulerAccess.Open;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** P6: who has the carriers while something ready waits for one. Looked at by the test itself, at times it makes up. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD) // if a wait hangs
class StarvationTest {
  private static final Duration LIMIT = Duration.ofHours(1);

  private final AtomicBoolean go = new AtomicBoolean();

  private void hog() {
    while (!go.get()) {
      Thread.onSpinWait();
    }
  }

  private static CarrierEngine engine() {
    Open access = assertInstanceOf(Open.class, CarrierStart.access());
    CarrierScheduler scheduler = new CarrierScheduler("hogged", 1, access.jdkScheduler());
    return new CarrierEngine(scheduler, access.route());
  }

  /** One hog on the only OS thread, and one that waits. */
  private void occupy(PoolEngine engine) {
    engine.start("HOG", this::hog);
    Await.until("hog runs", () -> engine.occupants().size() == 1);
    engine.start("WAITS", () -> {});
    Await.until("one waits", () -> engine.queued() == 1);
  }

  private void checkSpell(PoolEngine engine, String hogName) {
    StarvationWatch watch = new StarvationWatch("hogged", engine, LIMIT);
    occupy(engine);
    long first = System.nanoTime();
    watch.look(first);
    assertEquals(Optional.empty(), watch.current());
    watch.look(first + LIMIT.toNanos() / 2);
    assertEquals(Optional.empty(), watch.current());
    watch.look(first + LIMIT.toNanos());
    Starvation seen = watch.current().orElseThrow();
    assertEquals(1, seen.queued());
    assertTrue(seen.waited().compareTo(LIMIT) >= 0, seen::toString);
    Occupant occupant = seen.occupants().getFirst();
    assertEquals(1, seen.occupants().size());
    assertEquals("hogged-1", occupant.carrier());
    assertTrue(occupant.name().matches(hogName), occupant::toString);
    assertTrue(occupant.toString().contains("StarvationTest.hog"), occupant::toString);
    watch.look(first + 2 * LIMIT.toNanos());
    assertTrue(watch.current().orElseThrow().waited().compareTo(seen.waited()) > 0);
    assertEquals(1, watch.episodes());
    go.set(true);
    Await.until("nobody waits", () -> engine.queued() == 0);
    watch.look(first + 3 * LIMIT.toNanos());
    assertEquals(Optional.empty(), watch.current());
    assertEquals(1, watch.episodes());
  }

  /** P6: a hog on the carrier of a named pool is named by its thread, with its stack, once it is too long. */
  @Test
  @Tag("with-flag")
  void look_hogOnTheOnlyCarrier_isNamedOnceForTheSpell() throws Exception {
    CarrierEngine engine = engine();
    checkSpell(engine, "HOG #\\d+");
    assertTrue(engine.end(Await.LIMIT));
  }

  /** P6: so is what blocks the thread of a platform pool. */
  @Test
  void look_hogOnTheOnlyPlatformThread_isNamedOnceForTheSpell() throws Exception {
    PlatformEngine engine = new PlatformEngine("hogged", 1);
    checkSpell(engine, "HOG");
    assertTrue(engine.end(Await.LIMIT));
  }

  /** P6: the probe of a look waits behind a hog that got its carrier; it is none of those who starve. */
  @Test
  @Tag("with-flag")
  void look_onlyTheProbeIsStillQueued_isSilent() {
    CarrierEngine engine = engine();
    occupy(engine);
    AtomicBoolean second = new AtomicBoolean();
    StarvationWatch watch = new StarvationWatch("hogged", engine, LIMIT);
    engine.start("HOG AGAIN", () -> {
      while (!second.get()) {
        Thread.onSpinWait();
      }
    });
    long first = System.nanoTime();
    watch.look(first);
    go.set(true);
    Await.until("the second hog runs", () -> engine.occupants().toString().contains("HOG AGAIN"));
    assertEquals(0, engine.queued());
    for (int i = 1; i <= 3; i++) {
      watch.look(first + 2L * i * LIMIT.toNanos());
      assertEquals(Optional.empty(), watch.current());
    }
    assertEquals(0, watch.episodes());
    second.set(true);
  }

  /** P6: while the queue does not empty, a wait that was too long counts until a later one was short. */
  @Test
  @Tag("with-flag")
  void look_hogGoneAndOthersStillQueued_goesOnUntilAWaitWasShort() throws Exception {
    CarrierEngine engine = engine();
    occupy(engine);
    StarvationWatch watch = new StarvationWatch("hogged", engine, Duration.ofNanos(1));
    watch.look(System.nanoTime());
    Await.until("probe has waited", () -> engine.waitedNanos(System.nanoTime()) > 0);
    AtomicBoolean second = new AtomicBoolean();
    engine.start("HOG AGAIN", () -> {
      while (!second.get()) {
        Thread.onSpinWait();
      }
    });
    engine.start("WAITS", () -> {});
    go.set(true);
    Await.until("the second hog runs", () -> engine.occupants().toString().contains("HOG AGAIN"));
    watch.look(System.nanoTime());
    assertTrue(watch.current().isPresent());
    second.set(true);
    Await.until("nobody waits", () -> engine.queued() == 0);
    watch.look(System.nanoTime());
    assertEquals(Optional.empty(), watch.current());
    assertEquals(1, watch.episodes());
    assertTrue(engine.end(Await.LIMIT));
  }

  /** P6: threads that are parked occupy nothing. */
  @Test
  @Tag("with-flag")
  void look_parkedThreads_isSilent() throws Exception {
    CarrierEngine engine = engine();
    Thread parked = engine.newThread("parked", () -> {
      while (!go.get()) {
        LockSupport.park();
      }
    });
    parked.start();
    Await.parked(parked);
    StarvationWatch watch = new StarvationWatch("hogged", engine, LIMIT);
    long first = System.nanoTime();
    watch.look(first);
    watch.look(first + 10 * LIMIT.toNanos());
    assertEquals(0, watch.episodes());
    go.set(true);
    LockSupport.unpark(parked);
    Await.ended(parked);
    assertTrue(engine.end(Await.LIMIT));
  }

  /** P6: open pools are looked at without being asked, and their numbers tell. */
  @Test
  void stats_ofAPoolThatStarves_tellWithoutBeingAsked() {
    try (CarrierPool pool =
        CarrierPool.newPool("hogged").platformThreads().parallelism(1).starvationLimit(Duration.ofMillis(1)).open()) {
      pool.start("HOG", this::hog);
      Await.until("hog runs", () -> pool.stats().mounted().orElseThrow() == 1);
      Await.until("its own wait is over", () -> pool.stats().starvation().isEmpty());
      long before = pool.stats().starvations();
      pool.start("WAITS", () -> {});
      Await.until("starvation seen", () -> pool.toString().contains("1 ready and without a carrier for "));
      long spells = pool.stats().starvations(); // of the hog's own wait, too, if a look at that came to its end late
      assertTrue(spells > before);
      String text = pool.toString();
      assertTrue(text.contains("starvations=" + spells), text);
      assertTrue(text.contains("hogged-1 runs HOG"), text);
      go.set(true);
      Await.until("over", () -> pool.stats().starvation().isEmpty());
      assertEquals(spells, pool.stats().starvations());
    }
  }
}
