// SPDX-License-Identifier: Apache-2.0

/** Tenants and the timelines that they own. */
@NullMarked
package io.tidegate.examples.pageserver.tenant;

import org.jspecify.annotations.NullMarked;
