// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A list of events, in the order in which threads added them. */
public final class Trail {
  private final List<String> events = new CopyOnWriteArrayList<>();

  public Trail() {}

  public void add(String event) {
    events.add(event);
  }

  public List<String> events() {
    return List.copyOf(events);
  }
}
