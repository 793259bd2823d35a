// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

/** Why a timeline has no answer to a question. Asking the same again gives the same, unless more log has come. */
public abstract sealed class ReadException extends Exception
    permits LsnCollectedException,
        LsnNotReceivedException,
        RelationNotTrackedException,
        UnknownPageException,
        UnknownRelationException,
        WalRedoRequiredException {
  private static final long serialVersionUID = 1L;

  ReadException(String message) {
    super(message);
  }
}
