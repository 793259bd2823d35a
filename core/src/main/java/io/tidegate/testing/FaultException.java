// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

/** Thrown by a fault point that is told to fail, and declares no exception of its own. */
public final class FaultException extends RuntimeException {
  private static final long serialVersionUID = 1;

  FaultException(String message) {
    super(message);
  }
}
