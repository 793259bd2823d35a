// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

/**
 * A stay in a scope by a thread that is not one of its tasks, typically a task of another scope.
 *
 * <p>The scope's close waits for it as for a task of its own. While it lasts, the thread's logs carry the scope's
 * attributes and its waits answer to {@link #token}.
 *
 * <p><b>Threads:</b> to be closed by the thread that entered, visits in reverse order. Another thread may close it as well;
 * that ends the stay, and the visiting thread is out at its next look.
 */
public sealed interface Visit extends AutoCloseable permits VisitImpl {
  /** {@return the token that is cancelled with the scope's, and with that of the visiting task} */
  CancellationToken token();

  /** Leaves. Doing it again has no effect. */
  @Override
  void close();
}
