// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A list of events, in the order in which threads added them. */
final class Trail {
  private final List<String> events = new CopyOnWriteArrayList<>();

  void add(String event) {
    events.add(event);
  }

  List<String> events() {
    return List.copyOf(events);
  }
}
