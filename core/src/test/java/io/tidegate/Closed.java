// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;

/** What must hold of every scope that is closed. */
public final class Closed {
  private Closed() {}

  /** No task runs, no holder is left, the token is cancelled, and nobody above refers to it. */
  public static void check(Scope scope) {
    ScopeImpl closed = (ScopeImpl) scope;
    assertTrue(scope.isClosed(), () -> scope + " is not closed");
    assertTrue(scope.isClosing());
    assertEquals(List.of(), scope.tasks());
    assertEquals(List.of(), scope.children());
    assertEquals(List.of(), scope.gate().holders());
    assertEquals(List.of(), closed.gate().ownMembers());
    assertTrue(scope.token().isCancelled(), () -> scope + " is closed, its token is not cancelled");
    assertEquals(List.of(), linkedChildren(closed));
    scope.parent().ifPresent(parent -> checkForgotten(closed, (ScopeImpl) parent));
  }

  private static void checkForgotten(ScopeImpl closed, ScopeImpl parent) {
    assertFalse(parent.gate().ownMembers().contains(closed.gate()), () -> parent + " has " + closed + " in its gate");
    assertFalse(linkedChildren(parent).contains(closed.token()), () -> parent + " refers to the token of " + closed);
  }

  /** The tokens that are linked below a scope's. */
  static List<TokenNode> linkedChildren(ScopeImpl scope) {
    List<TokenNode> children = new ArrayList<>();
    Attachments attachments = scope.token().attachmentsIfAny();
    if (attachments != null) {
      synchronized (attachments) {
        attachments.collectChildren(children);
      }
    }
    return children;
  }
}
