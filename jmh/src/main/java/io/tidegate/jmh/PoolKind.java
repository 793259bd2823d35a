// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;

/** A kind of task on some pool. */
record PoolKind(String name, CarrierPool pool) implements TaskKind {}
