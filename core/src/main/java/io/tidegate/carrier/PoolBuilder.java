// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.carrier.Isolation.Mode;
import io.tidegate.internal.Openings;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;

/** Decides what runs a new pool's threads. */
final class PoolBuilder implements CarrierPool.Builder {
  private static final Duration STARVATION_LIMIT = Duration.ofSeconds(1);

  private final String name;
  private int parallelism = Math.max(2, Runtime.getRuntime().availableProcessors());
  private boolean platform;
  private CarrierSetting wish = CarrierSetting.AUTO;
  private Duration starvationLimit = STARVATION_LIMIT;

  PoolBuilder(String name) {
    this.name = PoolName.checked(name);
  }

  @Override
  public PoolBuilder parallelism(int number) {
    if (number < 1 || number > CarrierPool.MAX_PARALLELISM) {
      throw new IllegalArgumentException(
          "Pool \"%s\": parallelism must be 1 to %d, not %d".formatted(name, CarrierPool.MAX_PARALLELISM, number));
    }
    parallelism = number;
    return this;
  }

  @Override
  public PoolBuilder carriers(CarrierSetting setting) {
    wish = Objects.requireNonNull(setting);
    return this;
  }

  @Override
  public PoolBuilder platformThreads() {
    platform = true;
    return this;
  }

  @Override
  public PoolBuilder starvationLimit(Duration limit) {
    if (!limit.isPositive() || limit.compareTo(Duration.ofDays(365)) > 0) {
      throw new IllegalArgumentException(
          "Pool \"%s\": the starvation limit must be above zero and at most a year, not %s".formatted(name, limit));
    }
    starvationLimit = limit;
    return this;
  }

  @Override
  public CarrierPool open() {
    NamedPool pool = opened();
    Openings.tell(pool);
    return pool;
  }

  private NamedPool opened() {
    Simulator simulator = Simulator.current();
    if (simulator != null) {
      return simulatedBy(simulator);
    }
    if (platform) {
      return ofPlatformThreads();
    }
    CarrierSetting ofProcess = CarrierSetting.ofProcess();
    CarrierSetting setting = ofProcess == null ? wish : ofProcess;
    String source = (ofProcess == null ? "its builder, carriers" : CarrierSetting.PROPERTY) + "=" + setting;
    if (setting == CarrierSetting.SHARED) {
      return onJdkScheduler("asked for by " + source);
    }
    return switch (CarrierStart.access()) {
      case SchedulerAccess.Open open -> onOwnCarriers(open);
      case SchedulerAccess.Refused refused when setting == CarrierSetting.DEDICATED ->
        throw new IllegalStateException(
            "Pool \"%s\" cannot have carriers of its own, which %s demands: %s"
                .formatted(name, source, refused.reason()));
      case SchedulerAccess.Refused refused -> {
        CarrierStart.tellShared(refused);
        yield onJdkScheduler(refused.reason());
      }
    };
  }

  private NamedPool simulatedBy(Simulator simulator) {
    SimulatedEngine engine = platform
        ? SimulatedEngine.ofPlatformThreads(simulator, parallelism)
        : SimulatedEngine.ofVirtualThreads(simulator);
    return new NamedPool(name, new Isolation(Mode.SHARED, "one thread runs all of a simulation"), engine, null);
  }

  private NamedPool ofPlatformThreads() {
    String reason = ThreadLocalEraser.isAllowed()
        ? "platform threads"
        : "platform threads, a new one for each start: that they can forget and be used again, start java with "
            + SchedulerProbe.flag();
    return watched(Mode.DEDICATED, reason, new PlatformEngine(name, parallelism));
  }

  private NamedPool onJdkScheduler(String reason) {
    return new NamedPool(name, new Isolation(Mode.SHARED, reason), new JdkEngine(), null);
  }

  private NamedPool onOwnCarriers(SchedulerAccess.Open open) {
    CarrierScheduler scheduler = new CarrierScheduler(name, parallelism, open.jdkScheduler());
    return watched(Mode.DEDICATED, open.reason(), new CarrierEngine(scheduler, open.route()));
  }

  private NamedPool watched(Mode mode, String reason, PoolEngine engine) {
    StarvationWatch watch = new StarvationWatch(name, engine, starvationLimit);
    return new NamedPool(name, new Isolation(mode, reason), engine, watch);
  }
}
