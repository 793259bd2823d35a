// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

/** Why a walreceiver goes to another source. */
public enum SwitchReason {
  /** There is no connection. */
  NO_EXISTING_CONNECTION("there is no connection"),

  /** The connected source has not been heard for the connect timeout, or the connection does not come about. */
  NO_KEEP_ALIVES("the one before was silent"),

  /** Another source has much more WAL. */
  LAGGING_WAL("the one before is too far behind"),

  /** Another source has more WAL, and the connected one has brought none for too long. */
  NO_WAL_TIMEOUT("the one before brings no more WAL");

  private final String inWords;

  SwitchReason(String inWords) {
    this.inWords = inWords;
  }

  @Override
  public String toString() {
    return inWords;
  }
}
