// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** The nodes that are not known to be closed, youngest last. */
final class SoakNodes {
  private final List<SoakNode> nodes = new ArrayList<>();

  synchronized void add(SoakNode node) {
    nodes.add(node);
  }

  synchronized void remove(SoakNode node) {
    nodes.remove(node);
  }

  synchronized int size() {
    return nodes.size();
  }

  synchronized List<SoakNode> all() {
    return List.copyOf(nodes);
  }

  /** Any of them, or now and then the youngest, so that the tree gets deep. */
  synchronized Optional<SoakNode> any(Random random) {
    if (nodes.isEmpty()) {
      return Optional.empty();
    }
    int index = random.nextInt(4) == 0 ? nodes.size() - 1 : random.nextInt(nodes.size());
    return Optional.of(nodes.get(index));
  }
}
