// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.Gate;
import io.tidegate.Scope;
import io.tidegate.Work;
import io.tidegate.carrier.CarrierPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests that leave something behind, or seem to; {@link LeakCheckTest} runs them, in a launcher of its own. */
final class Forgetful {
  /** What they leave open, to be closed by the test that ran them. */
  static final List<AutoCloseable> LEFT = new ArrayList<>();

  private Forgetful() {}

  private static <T extends AutoCloseable> T leave(T left) {
    LEFT.add(left);
    return left;
  }

  @ExtendWith(LeakCheck.class)
  static class OpenScope {
    @Test
    void test() {
      Scope child = leave(Scope.root("server")).child("tenant");
      leave(child.enter());
    }
  }

  @ExtendWith(LeakCheck.class)
  static class OpenField {
    private final Scope server = leave(Scope.root("of a field"));

    @Test
    void test() {
      assertTrue(server.tasks().isEmpty());
    }
  }

  @ExtendWith(LeakCheck.class)
  static class OpenGate {
    @Test
    void test() {
      Gate files = Gate.create("files");
      leave(files::close);
      leave(files.child("layer").enter("compaction"));
    }
  }

  /** What is there before the tests of a class, and after them, is none of theirs. */
  @ExtendWith(LeakCheck.class)
  static class InsideOfOld {
    private static final CountDownLatch END = new CountDownLatch(1);
    private static final List<AutoCloseable> GUARDS = new ArrayList<>();
    private static Scope server = Scope.root("replaced");
    private static Gate files = Gate.create("replaced");

    @BeforeAll
    static void open() {
      server.close();
      server = Scope.root("server");
      files = Gate.create("files");
    }

    @Test
    void leavesATask() {
      server.spawn(Work.READ, token -> END.await());
    }

    @Test
    void leavesAGuard() {
      GUARDS.add(files.enter("reader"));
    }

    @Test
    void leavesAGate() {
      files.child("layer");
    }

    @Test
    void leavesAScope() {
      server.child("tenant");
    }

    @AfterAll
    static void close() throws Exception {
      END.countDown();
      server.close();
      for (AutoCloseable guard : GUARDS) {
        guard.close();
      }
      files.close();
    }
  }

  @ExtendWith(LeakCheck.class)
  static class OfTheClass {
    @BeforeAll
    static void open() {
      leave(Scope.root("server"));
    }

    @Test
    void test() {
      assertFalse(LEFT.isEmpty());
    }
  }

  @ExtendWith(LeakCheck.class)
  static class OpenPool {
    @Test
    void test() {
      leave(CarrierPool.named("leftopen", 1));
      leave(CarrierPool.platform("blocking", 1));
    }
  }

  /** A pool of the process, as that of an enum of kinds. */
  private static final class OfTheProcess {
    static final CarrierPool POOL = CarrierPool.named("ofprocess", 1);
  }

  @ExtendWith(LeakCheck.class)
  static class ThreadLeft {
    private static final CountDownLatch END = new CountDownLatch(1);

    @Test
    void inAPoolOfTheProcess() {
      OfTheProcess.POOL.start("left", ThreadLeft::run);
    }

    @Test
    void inTheSharedPool() {
      CarrierPool.shared().start("left", ThreadLeft::run);
    }

    private static void run() {
      try {
        END.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    @AfterAll
    static void end() {
      END.countDown();
    }
  }

  @ExtendWith(LeakCheck.class)
  static class ArmedFault {
    @Test
    void test() {
      leave(Faults.at("flush.before-fsync").pause());
    }
  }

  @ExtendWith(LeakCheck.class)
  static class Tidy {
    private final Scope server = Scope.root("server");

    @Test
    void test() {
      server.spawn(Work.READ, token -> token.awaitCancelled());
      Gate gate = Gate.create("files");
      gate.enter("reader").close();
      gate.close();
      CarrierPool.named("closed", 1).close();
      Faults.at("p").fail().close();
    }

    @Test
    void joinsATaskAndLeavesAGuard() throws InterruptedException {
      server.fork(Work.WRITE, token -> server.name()).join();
      server.gate().run("writer", () -> {});
    }

    @Test
    void startsThreadsThatEndByThemselves() {
      CarrierPool.shared().start("left", () -> {});
      OfTheProcess.POOL.start("left", () -> {});
    }

    @AfterEach
    void close() {
      server.close();
    }

    @Nested
    class Inner {
      private final Scope tenant = server.child("tenant");

      @Test
      void test() {
        tenant.spawn(Work.WRITE, token -> token.awaitCancelled());
      }
    }
  }

  @ExtendWith(LeakCheck.class)
  static class Failing {
    @Test
    void test() {
      leave(Scope.root("server"));
      throw new IllegalStateException("the test's own");
    }
  }

  @ExtendWith(LeakCheck.class)
  static class TimedOut {
    private final Scope server = Scope.root("server");

    @Test
    @Timeout(value = 1_500, unit = TimeUnit.MILLISECONDS, threadMode = Timeout.ThreadMode.SAME_THREAD)
    void sameThread() {
      hang();
    }

    @Test
    @Timeout(value = 1_500, unit = TimeUnit.MILLISECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void otherThread() {
      hang();
    }

    private void hang() {
      Scope tenant = server.child("tenant");
      try (Fault hung = Faults.at("hung").pause()) {
        tenant.run(token -> Faults.point(hung.point()));
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    @AfterEach
    void close() {
      server.close();
    }
  }

  @ExtendWith(LeakCheck.class)
  static class Simulated {
    @Test
    void test() {
      assertEquals(Duration.ZERO, Simulation.run(1, () -> Scope.root("simulated")).time());
    }
  }
}
