// SPDX-License-Identifier: Apache-2.0
package io.tidegate.inspect;

import java.time.Duration;

/**
 * What the samples say about the CPU time of one kind of task, or of one value of an attribute.
 *
 * @param name the kind, or the value; {@code (none)} for tasks without that attribute, {@code (no task)} for what ran
 *     outside of tasks, {@code (unknown)} for samples of which the recording does not tell the thread
 * @param samples how many samples there are
 * @param cpuTime the CPU time that they stand for
 * @param share that time as a part of the CPU time of all samples, 0 to 1
 */
public record CpuShare(String name, long samples, Duration cpuTime, double share) {}
