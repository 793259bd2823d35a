// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.storage.LateSyncDisk;
import io.tidegate.examples.pageserver.storage.MemoryDisk;
import io.tidegate.examples.pageserver.task.Pools;
import io.tidegate.testing.LeakCheck;
import io.tidegate.testing.Simulation;
import io.tidegate.testing.SimulationFailure;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;

/**
 * A timeline that receives, freezes, flushes, compacts, collects garbage and is closed, under schedules that seeds determine,
 * with a crash or a failure at each of its changes of the disk. What the source was told to be durable must be there after
 * each restart, and all pages must be as the log has them.
 */
@Timeout(300)
@ExtendWith(LeakCheck.class)
class TimelineCrashTest {
  private static final Logger LOGGER = (Logger) LoggerFactory.getLogger("io.tidegate");
  /** Of the real disk, that nobody has changed. */
  private static final UnaryOperator<Disk> SOUND = UnaryOperator.identity();

  @BeforeAll
  static void prepare() {
    LOGGER.setLevel(Level.OFF); // of thousands of failures
    assertFalse(Pools.all().isEmpty()); // they are to be those of the process, and not of the first run
  }

  @AfterAll
  static void restore() {
    LOGGER.setLevel(null);
  }

  @Test
  void crashAtEveryChange_losesNothingThatTheSourceWasTold() {
    for (long seed = 1; seed <= 3; seed++) {
      int changes = changesOf(seed);
      assertTrue(changes > 20, "it flushes some layers: " + changes);
      for (int change = 1; change <= changes; change++) {
        run(seed, change, SOUND);
      }
    }
  }

  @Test
  void failureOfEveryChange_isMadeGood() {
    for (long seed = 1; seed <= 2; seed++) {
      int changes = changesOf(seed);
      for (int change = 1; change <= changes; change++) {
        int failing = change;
        Random plan = new Random(seed);
        Simulation.run(seed, () -> {
          SimulatedTimeline timeline = new SimulatedTimeline(SOUND);
          timeline.disk().failOnceAt(failing);
          timeline.live(plan);
          timeline.liveToTheEnd(plan);
        });
      }
    }
  }

  @Test
  void crashesInARow_loseNothingThatTheSourceWasTold() {
    AtomicLong compactions = new AtomicLong();
    AtomicLong collections = new AtomicLong();
    for (long seed = 1; seed <= 100; seed++) {
      Random plan = new Random(seed);
      Simulation.run(seed, () -> {
        SimulatedTimeline timeline = new SimulatedTimeline(SOUND);
        for (int crash = 0; crash < 4; crash++) {
          timeline.disk().crashAt(1 + plan.nextInt(40));
          timeline.live(plan);
          timeline.crash(plan);
        }
        timeline.liveToTheEnd(plan);
        compactions.addAndGet(timeline.compactions());
        collections.addAndGet(timeline.collections());
      });
    }
    assertTrue(compactions.get() > 100 && collections.get() > 100, compactions + " and " + collections);
  }

  /** Nothing in it asks another clock, or another source of chance: so a seed that fails fails again. */
  @Test
  void sameSeed_isTheSameRun() {
    assertEquals(traceOfAFailure(), traceOfAFailure());
  }

  private static String traceOfAFailure() {
    Random plan = new Random(1);
    return Simulation.run(1, () -> {
      SimulatedTimeline timeline = new SimulatedTimeline(SOUND);
      timeline.disk().failOnceAt(10);
      timeline.live(plan);
      timeline.liveToTheEnd(plan);
    }).trace();
  }

  /** What the tests before are worth: metadata that vouch for a layer before it is synchronized are caught. */
  @Test
  void metadataBeforeTheLayer_isCaught() {
    SimulationFailure caught = assertThrows(SimulationFailure.class, () -> {
      for (long seed = 1; seed <= 12; seed++) {
        int changes = changesOf(seed);
        for (int change = 1; change <= changes; change++) {
          run(seed, change, LateSyncDisk::new);
        }
      }
    });
    assertTrue(String.valueOf(caught.getMessage()).contains("CorruptLayerException"), caught::toString);
  }

  /** One process that crashes, and one after it that does not. */
  private static void run(long seed, int change, UnaryOperator<Disk> program) {
    Random plan = new Random(seed);
    Simulation.run(seed, () -> {
      SimulatedTimeline timeline = new SimulatedTimeline(program);
      timeline.disk().crashAt(change);
      timeline.live(plan);
      timeline.crash(plan);
      timeline.liveToTheEnd(plan);
    });
  }

  private static int changesOf(long seed) {
    MemoryDisk[] disk = new MemoryDisk[1];
    Simulation.run(seed, () -> {
      SimulatedTimeline timeline = new SimulatedTimeline(SOUND);
      disk[0] = timeline.disk();
      timeline.live(new Random(seed));
    });
    return disk[0].steps();
  }
}
