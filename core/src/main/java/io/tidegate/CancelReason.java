// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Who asked to stop, when, and why.
 *
 * <p>A reason is a plain value: it keeps no thread, task or scope alive.
 *
 * @param code the class of the reason
 * @param text a sentence for people, empty if there is nothing to say
 * @param source the path of the scope that asked, or the name of the thread if it was in none
 * @param at when it was asked
 * @param cause the failure that led to it, if there was one
 */
public record CancelReason(Code code, String text, String source, Instant at, @Nullable Throwable cause) {
  /** The class of a reason. */
  public enum Code {
    /** Somebody called {@code cancel}. */
    REQUESTED,
    /** A scope is closing. */
    CLOSED,
    /** A task failed, and its failure policy cancels others. */
    FAILED,
    /** A deadline has passed. */
    DEADLINE,
    /** A thread was interrupted from outside. */
    INTERRUPTED
  }

  /** Makes a reason. */
  public CancelReason {
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(at, "at");
  }

  /**
   * {@return a reason without a cause, whose source is the caller and whose time is now}
   *
   * @param code the class of the reason
   * @param text a sentence for people
   */
  public static CancelReason of(Code code, String text) {
    return of(code, text, null);
  }

  /**
   * {@return a reason whose source is the caller and whose time is now}
   *
   * @param code the class of the reason
   * @param text a sentence for people
   * @param cause the failure that led to it, if there was one
   */
  public static CancelReason of(Code code, String text, @Nullable Throwable cause) {
    return new CancelReason(code, text, Current.source(), Current.clock().now(), cause);
  }

  /** Describes the reason in one line, without the cause's stack. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder(code.name());
    if (!text.isEmpty()) {
      line.append(": ").append(text);
    }
    line.append(" (by ").append(source).append(" at ").append(at).append(')');
    if (cause != null) {
      line.append(", caused by ").append(Text.of(cause));
    }
    return line.toString();
  }
}
