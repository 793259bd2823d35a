// SPDX-License-Identifier: Apache-2.0

/** The kinds of the server's tasks, the pools that run them, and what its scopes are about. */
@NullMarked
package io.tidegate.examples.pageserver.task;

import org.jspecify.annotations.NullMarked;
