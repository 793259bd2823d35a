// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import io.tidegate.examples.pageserver.source.PostgresSource;
import io.tidegate.examples.pageserver.timeline.Checkpointing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a pageserver is started with.
 *
 * @param data the folder of all that it stores
 * @param sources the PostgreSQL servers whose WAL it receives; none to start two of its own
 * @param checkpointing when layers are frozen
 * @param statusPeriod how often it shows its status
 */
record Settings(Path data, List<PostgresSource> sources, Checkpointing checkpointing, Duration statusPeriod) {
  Settings {
    sources = List.copyOf(sources);
  }
}
