// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The token of a scope: attached to its parent scope's for the scope's life, so that a look-up ends here. */
final class ScopeToken extends TokenNode {
  private final @Nullable ScopeToken parent;
  private final GateImpl gate;
  /** False only for a token that was born cancelled. */
  private final boolean anchored;

  ScopeToken(@Nullable ScopeToken parent, GateImpl gate) {
    super(true);
    this.parent = parent;
    this.gate = gate;
    this.anchored = TokenGraph.anchor(this);
  }

  /** Whether it hears of its parent's cancel until its scope is closed. */
  boolean isAnchored() {
    return anchored;
  }

  /** Ends the attachment: the scope is closed. */
  void release() {
    if (anchored) {
      TokenGraph.releaseAnchor(this);
    }
  }

  @Override
  ScopeToken scope() {
    return this;
  }

  @Override
  int parentCount() {
    return parent == null ? 0 : 1;
  }

  @Override
  TokenNode parent(int index) {
    return Objects.requireNonNull(parent);
  }

  GateImpl gate() {
    return gate;
  }

  @Override
  public String toString() {
    return gate.path() + " " + super.toString();
  }
}
