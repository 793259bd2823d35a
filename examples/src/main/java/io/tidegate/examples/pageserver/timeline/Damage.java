// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.Scope;
import io.tidegate.examples.pageserver.storage.CorruptLayerException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which layer files of a timeline were found damaged. Each is told once in the log, however many reads meet it: the timeline
 * goes on to answer what other files have.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class Damage {
  private static final Logger log = LoggerFactory.getLogger(Damage.class);

  private final Scope timeline;
  private final Set<Path> files = ConcurrentHashMap.newKeySet();

  Damage(Scope timeline) {
    this.timeline = timeline;
  }

  /** Does something with files, and notes which one it finds damaged. */
  <T> T noting(Callable<T> use) throws Exception {
    try {
      return use.call();
    } catch (CorruptLayerException damaged) {
      if (files.add(damaged.file())) {
        log.error("{} has a damaged layer; reads that need it and compaction fail", timeline.path(), damaged);
      }
      throw damaged;
    }
  }

  /** {@return the files, in the order of their names} */
  List<Path> files() {
    return files.stream().sorted().toList();
  }
}
