// SPDX-License-Identifier: Apache-2.0

import org.jspecify.annotations.NullMarked;

/** Structured concurrency on virtual threads for servers that live long. */
@NullMarked
module io.tidegate.core {
  requires static transitive org.jspecify;
  requires static transitive java.instrument;
  requires java.management;
  requires jdk.jfr;
  requires static org.junit.jupiter.api;
  requires org.slf4j;

  exports io.tidegate;
  exports io.tidegate.carrier;
  exports io.tidegate.inspect;
  exports io.tidegate.sync;
  exports io.tidegate.testing;
}
