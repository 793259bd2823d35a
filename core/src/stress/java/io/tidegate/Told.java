// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.concurrent.atomic.AtomicInteger;

/** An entry that counts how often it is told. */
final class Told extends Attachments.Entry {
  private final AtomicInteger times = new AtomicInteger();

  int times() {
    return times.get();
  }

  @Override
  void tell() {
    times.incrementAndGet();
  }
}
