// SPDX-License-Identifier: Apache-2.0

/** What the packages of this module tell each other; not exported. It imports nothing of ours. */
@NullMarked
package io.tidegate.internal;

import org.jspecify.annotations.NullMarked;
