// SPDX-License-Identifier: Apache-2.0

/** The names of tenants and timelines: 128 random bits each, written as 32 hexadecimal digits. */
@NullMarked
package io.tidegate.examples.pageserver.id;

import org.jspecify.annotations.NullMarked;
