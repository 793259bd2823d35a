// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.config.TenantConfig.Setting;
import io.tidegate.examples.pageserver.timeline.TenantSettings;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import io.tidegate.sync.Watch;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What is set for one tenant, and what follows for its timelines.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class Configuration {
  private final TenantFolder folder;
  private final TenantConfig defaults;
  private final Watch<TenantConfig> own;
  /** Held while the configuration's file is written. */
  private final ReentrantLock writing = new ReentrantLock();

  /**
   * Begins.
   *
   * @param folder the tenant's, where it is kept
   * @param defaults what is in force where the tenant sets nothing
   * @param own what the tenant sets
   */
  Configuration(TenantFolder folder, TenantConfig defaults, TenantConfig own) {
    this.folder = folder;
    this.defaults = defaults;
    this.own = Watch.of(own);
  }

  /** {@return what the tenant sets, to be seen changing} */
  Watch<TenantConfig> own() {
    return own;
  }

  /** {@return what is in force} */
  TenantConfig effective() {
    return own.value().orElse(defaults);
  }

  /** Makes a change durable, and has it take effect then. Blocks for I/O. */
  void write(TenantConfig changed) throws IOException {
    writing.lock();
    try {
      folder.write(changed);
      own.set(changed);
    } finally {
      writing.unlock();
    }
  }

  /** {@return how the tenant's timelines store} */
  TenantSettings settings() {
    TenantConfig effective = effective();
    return new TenantSettings(
        effective.number(Setting.CHECKPOINT_DISTANCE),
        effective.duration(Setting.CHECKPOINT_TIMEOUT),
        Math.toIntExact(effective.number(Setting.CHECKPOINT_LAYERS)),
        effective.number(Setting.COMPACTION_TARGET_SIZE),
        effective.duration(Setting.COMPACTION_PERIOD),
        Math.toIntExact(effective.number(Setting.COMPACTION_THRESHOLD)),
        Math.toIntExact(effective.number(Setting.IMAGE_CREATION_THRESHOLD)),
        effective.number(Setting.GC_HORIZON),
        effective.duration(Setting.GC_PERIOD),
        effective.duration(Setting.PITR_INTERVAL));
  }

  /** {@return by which rules a timeline of the tenant chooses among the servers that it receives from} */
  SelectionRules selectionRules() {
    TenantConfig effective = effective();
    return new SelectionRules(
        effective.duration(Setting.WALRECEIVER_CONNECT_TIMEOUT),
        effective.duration(Setting.LAGGING_WAL_TIMEOUT),
        effective.number(Setting.MAX_LSN_WAL_LAG));
  }
}
