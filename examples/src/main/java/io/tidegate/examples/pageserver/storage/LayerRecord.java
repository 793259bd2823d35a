// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.nio.ByteBuffer;

/**
 * One WAL record as a layer keeps it.
 *
 * @param endLsn the position right after the record in the log
 * @param bytes the record from its position to its limit, read-only; each lookup makes its own buffer
 */
public record LayerRecord(Lsn endLsn, ByteBuffer bytes) {}
