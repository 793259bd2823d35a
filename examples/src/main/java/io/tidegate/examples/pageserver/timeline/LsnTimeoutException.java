// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

/** The log did not come as far as somebody waited for. */
public final class LsnTimeoutException extends Exception {
  private static final long serialVersionUID = 1L;

  LsnTimeoutException(String message) {
    super(message);
  }
}
