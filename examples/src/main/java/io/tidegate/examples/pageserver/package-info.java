// SPDX-License-Identifier: Apache-2.0

/**
 * A pageserver skeleton: real PostgreSQL WAL in, layers on disk, every part of it a task in a scope.
 *
 * <p>Rooms, from the ground up: {@code id}, {@code wal} and {@code storage} know nothing of tasks; {@code source} talks to
 * PostgreSQL; {@code config} says what can be set; {@code task} names the kinds and pools; {@code walreceiver}, {@code
 * remote}, {@code timeline} and {@code tenant} are the scopes; {@code management} shows them; this package starts and closes the whole.
 */
@NullMarked
package io.tidegate.examples.pageserver;

import org.jspecify.annotations.NullMarked;
