// SPDX-License-Identifier: Apache-2.0

/**
 * Where WAL comes in: for each timeline a manager that receives from one of several PostgreSQL servers at a time.
 *
 * <p>The servers are a primary and its standbys: they have one system identifier, are on one of PostgreSQL's timelines,
 * and have the same log. What is known of them is an immutable {@link
 * io.tidegate.examples.pageserver.walreceiver.WalReceiverStatus}, from which the {@link
 * io.tidegate.examples.pageserver.walreceiver.SelectionRules} decide.
 *
 * <p>The tasks are in scopes below the timeline's, so each one's token is cancelled with the walreceiver's and with the
 * timeline's, whichever is first. What the ingest waits for listens to it: so the walreceiver can be closed, and waited
 * for, before the rest of the timeline is flushed.
 */
@NullMarked
package io.tidegate.examples.pageserver.walreceiver;

import org.jspecify.annotations.NullMarked;
