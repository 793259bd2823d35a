// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.List;

/** A wait for others to leave, of which is told while it is slow: a close, or a retirement. */
interface SlowWait {
  boolean isOver();

  /** Those who are waited for, oldest first. */
  List<Member> waitedFor();

  /** Wakes all who wait for the same. */
  void wakeWaiters();

  /** What is done, as a sentence goes on with "has taken": {@code closing root/timeline}. */
  String inWords();
}
