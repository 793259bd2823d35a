// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Where a step is made, seen from what is cancelled or closed: that ends what is below with it, and nothing above. */
enum Level {
  PARENT,
  SELF,
  CHILD;

  <T> T of(T parent, T self, T child) {
    return switch (this) {
      case PARENT -> parent;
      case SELF -> self;
      case CHILD -> child;
    };
  }

  boolean isAbove() {
    return this == PARENT;
  }

  /** Each level with each number of steps before, and after, up to four. */
  static Stream<Arguments> grid() {
    return Arrays.stream(values())
        .flatMap(level -> IntStream.range(0, 25).mapToObj(i -> Arguments.of(level, i / 5, i % 5)));
  }
}
