// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A token that belongs to no scope and no task: a root, a child, one of several parents. */
sealed class PlainToken extends TokenNode permits DeadlineToken {
  static final TokenNode NONE = root();

  /** Null, one TokenNode, or a TokenNode[] of several. */
  private final @Nullable Object parents;
  /** The nearest scope's token above, if no token with several parents is between. */
  private final @Nullable ScopeToken scopeAbove;

  PlainToken(Object parents) {
    this(parents, false);
  }

  /** {@return a token without parents} */
  static PlainToken root() {
    return new PlainToken(null, true);
  }

  private PlainToken(@Nullable Object parents, boolean isTold) {
    super(isTold);
    this.parents = parents == NONE ? null : parents; // a parent that is never cancelled has nothing to tell
    this.scopeAbove = parents instanceof TokenNode parent ? parent.scope() : null;
  }

  static TokenNode ofParents(CancellationToken... tokens) {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("anyOf needs at least one token");
    }
    TokenNode[] parents = new TokenNode[tokens.length];
    int count = 0;
    for (CancellationToken token : tokens) {
      if (Objects.requireNonNull(token, "token") != NONE) {
        parents[count++] = (TokenNode) token;
      }
    }
    return switch (count) {
      case 0 -> root();
      case 1 -> new PlainToken(parents[0]);
      default -> new PlainToken(Arrays.copyOf(parents, count));
    };
  }

  @Override
  final @Nullable ScopeToken scope() {
    return scopeAbove;
  }

  @Override
  final int parentCount() {
    return parents == null ? 0 : parents instanceof TokenNode[] several ? several.length : 1;
  }

  @Override
  final TokenNode parent(int index) {
    Object up = Objects.requireNonNull(parents);
    return up instanceof TokenNode[] several ? several[index] : (TokenNode) up;
  }
}
