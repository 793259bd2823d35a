// SPDX-License-Identifier: Apache-2.0

/**
 * A small HTTP/1.1 server whose handlers are tasks: limits on all that comes in, errors as JSON, and a cancel for the
 * handler of a client that hangs up. It knows nothing of what it serves.
 */
@NullMarked
package io.tidegate.examples.pageserver.management.http;

import org.jspecify.annotations.NullMarked;
