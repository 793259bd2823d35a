// SPDX-License-Identifier: Apache-2.0

/** Runs pairs of benchmarks in turn and shows how they compare: as a table and as a picture. */
@NullMarked
package io.tidegate.jmh.report;

import org.jspecify.annotations.NullMarked;
