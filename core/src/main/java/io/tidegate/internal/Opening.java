// SPDX-License-Identifier: Apache-2.0
package io.tidegate.internal;

import java.util.List;

/** What somebody has opened and has to close: the root of a tree of scopes or gates, or a pool. */
public interface Opening {
  /** {@return whether its close has ended} */
  boolean isClosed();

  /** {@return who is inside, each itself and not a copy: tasks, guards, gates of the whole tree; of a pool, nobody} */
  List<?> inside();

  /** {@return what it looks like, in as many lines as that takes, the last one without an end} */
  String tree();
}
