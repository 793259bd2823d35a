// SPDX-License-Identifier: Apache-2.0

/**
 * The page service: clients of PostgreSQL's protocol ask it for pages as of a point in the log.
 *
 * <pre>
 * page-service
 *   listener   one task that accepts: closed first, before the tenants
 *   clients    one task for each connection: closed after the tenants
 * </pre>
 *
 * <p>A connection's task belongs to no tenant. It visits the scope of a timeline while it answers one request, and not while
 * it reads from its client or writes to it. So a client that is slow, silent or dead keeps no timeline from closing; and a
 * timeline that closes cancels the answer.
 */
@NullMarked
package io.tidegate.examples.pageserver.pageservice;

import org.jspecify.annotations.NullMarked;
