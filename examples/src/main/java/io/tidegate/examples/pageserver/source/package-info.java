// SPDX-License-Identifier: Apache-2.0

/**
 * Where the write-ahead log comes from: a PostgreSQL of the process's own or one that the user names, a replication
 * slot on it, and the stream of WAL bytes from that slot.
 *
 * <p>All of it is plain blocking code that starts no thread: the caller's task is the one that waits. Failures of the
 * server or the way to it are {@link io.tidegate.examples.pageserver.source.SourceException}s.
 */
@NullMarked
package io.tidegate.examples.pageserver.source;

import org.jspecify.annotations.NullMarked;
