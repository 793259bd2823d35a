// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What garbage collection keeps: all that was so at any position within the horizon or the interval, whichever reaches
 * further back, and at the positions where branches begin.
 *
 * @param horizon how many bytes of the log
 * @param pitrInterval how old commits are kept at least
 * @param branchPoints where branches begin. Asked for after {@link Timeline#gcCutoff} has advanced: whoever makes a
 *     branch adds its position first, and looks at the cutoff then.
 */
public record GcPolicy(long horizon, Duration pitrInterval, Supplier<Set<Lsn>> branchPoints) {}
