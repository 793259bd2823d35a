// SPDX-License-Identifier: Apache-2.0

/** The remote store: what every timeline uploads, and what a tenant is attached from. */
@NullMarked
package io.tidegate.examples.pageserver.remote;

import org.jspecify.annotations.NullMarked;
