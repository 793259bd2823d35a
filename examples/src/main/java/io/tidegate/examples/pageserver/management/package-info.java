// SPDX-License-Identifier: Apache-2.0

/** What people see of a running server. */
@NullMarked
package io.tidegate.examples.pageserver.management;

import org.jspecify.annotations.NullMarked;
