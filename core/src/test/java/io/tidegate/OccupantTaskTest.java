// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.Occupant;
import io.tidegate.carrier.Starvation;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** P6: who reads that a pool starves reads which task is in the way: its name, its number, and where it belongs. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD) // if a wait hangs
class OccupantTaskTest {
  private static final Duration SHORT = Duration.ofMillis(1);

  private final AtomicBoolean go = new AtomicBoolean();

  private record Kind(String name, CarrierPool pool) implements TaskKind {}

  private Occupant occupantOf(CarrierPool pool, Runnable begin) {
    begin.run();
    SideThread.until(() -> pool.stats().mounted().orElseThrow() == 1);
    pool.start("WAITS", () -> {});
    AtomicReference<Optional<Occupant>> seen = new AtomicReference<>(Optional.empty());
    SideThread.until(() -> {
      seen.set(pool.stats().starvation().map(Starvation::occupants).filter(list -> !list.isEmpty())
          .map(list -> list.getFirst()));
      return seen.get().filter(one -> one.toString().contains("OccupantTaskTest.hog")).isPresent();
    });
    go.set(true);
    return seen.get().orElseThrow();
  }

  private void hog() {
    while (!go.get()) {
      Thread.onSpinWait();
    }
  }

  private void assertNamesTheTask(CarrierPool pool) {
    Kind kind = new Kind("COMPACTION", pool);
    AtomicReference<Optional<Task<?>>> task = new AtomicReference<>(Optional.empty());
    try (pool; Scope root = Scope.root("server")) {
      Scope timeline = root.child("tenant").child("timeline");
      Occupant occupant = occupantOf(pool, () ->
          task.set(Optional.of(timeline.newTask(kind).name("compact L0").spawn(token -> hog()))));
      long id = task.get().orElseThrow().id();
      String expected = "compact L0 (task " + id + ") of server/tenant/timeline";
      assertEquals(expected, occupant.work());
      String line = occupant.toString().lines().findFirst().orElseThrow();
      assertEquals("hogged-1 runs " + occupant.name() + ": " + expected, line);
    }
  }

  @Test
  @Tag("with-flag")
  void starvation_taskOnTheOnlyCarrier_isNamedWithItsScope() {
    assertNamesTheTask(CarrierPool.newPool("hogged").parallelism(1).starvationLimit(SHORT).open());
  }

  @Test
  void starvation_taskOnTheOnlyPlatformThread_isNamedWithItsScope() {
    assertNamesTheTask(CarrierPool.newPool("hogged").platformThreads().parallelism(1).starvationLimit(SHORT).open());
  }

  /** What no task runs is told by its name and its stack. */
  @Test
  void starvation_noTask_saysSoByNothing() {
    try (CarrierPool pool =
        CarrierPool.newPool("hogged").platformThreads().parallelism(1).starvationLimit(SHORT).open()) {
      Occupant occupant = occupantOf(pool, () -> pool.start("HOG", this::hog));
      assertEquals("", occupant.work());
      assertEquals("hogged-1 runs HOG", occupant.toString().lines().findFirst().orElseThrow());
    }
  }
}
