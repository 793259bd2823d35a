// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.Scope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

// @start region="leak"
@ExtendWith(LeakCheck.class)
class LeakCheckSnippetsTest {
  private final Scope server = Scope.root("server");

  @Test
  void child_ofAnOpenScope_isOpen() {
    assertTrue(server.child("tenant").children().isEmpty());
  }

  @AfterEach
  void close() {
    server.close(); // without it the test fails, and the failure prints the tree
  }
}
// @end
