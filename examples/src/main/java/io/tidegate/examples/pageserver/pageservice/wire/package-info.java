// SPDX-License-Identifier: Apache-2.0

/**
 * The messages of PostgreSQL's protocol 3 as a server reads and writes them, and the page requests inside of them.
 *
 * <p>Everything that is read has a limit, and is checked before it is believed. What is wrong with it comes out as a
 * {@link ProtocolViolationException}, and nothing else does.
 */
@NullMarked
package io.tidegate.examples.pageserver.pageservice.wire;

import org.jspecify.annotations.NullMarked;
