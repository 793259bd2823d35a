// SPDX-License-Identifier: Apache-2.0

/** Where WAL comes in: per timeline a manager that keeps one connection to PostgreSQL alive. */
@NullMarked
package io.tidegate.examples.pageserver.walreceiver;

import org.jspecify.annotations.NullMarked;
