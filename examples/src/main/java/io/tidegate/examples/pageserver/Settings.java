// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.pageservice.PageServiceSettings;
import io.tidegate.examples.pageserver.source.PostgresSource;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a pageserver is started with.
 *
 * @param data the folder of all that it stores
 * @param remote the folder that serves as the remote store; other servers may share it
 * @param sources the PostgreSQL servers whose WAL it receives; none to start two of its own
 * @param defaults what is set for tenants that do not set it themselves
 * @param openLayersBytes how many bytes all layers that take records may hold; 0 for no limit
 * @param statusPeriod how often it shows its status
 * @param pages where the page service listens, and its limits
 * @param http where the management API listens
 * @param testing whether whoever reaches the management API may arm faults
 */
record Settings(
    Path data,
    Path remote,
    List<PostgresSource> sources,
    TenantConfig defaults,
    long openLayersBytes,
    Duration statusPeriod,
    PageServiceSettings pages,
    InetSocketAddress http,
    boolean testing) {
  Settings {
    sources = List.copyOf(sources);
  }
}
