// SPDX-License-Identifier: Apache-2.0

/** What can be set, for the server and for one tenant. */
@NullMarked
package io.tidegate.examples.pageserver.config;

import org.jspecify.annotations.NullMarked;
