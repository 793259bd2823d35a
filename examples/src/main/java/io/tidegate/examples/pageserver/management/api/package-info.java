// SPDX-License-Identifier: Apache-2.0

/** The management API: what can be asked of a running server, and done with it, over HTTP. */
@NullMarked
package io.tidegate.examples.pageserver.management.api;

import org.jspecify.annotations.NullMarked;
