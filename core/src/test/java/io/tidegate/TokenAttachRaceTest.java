// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * T2, I3 of {@link TokenGraph}: why insert looks at the reason under the monitor that guards the entries.
 *
 * <p>A waiter attaches while a cancel goes by. The twin looks first and inserts afterwards: the cancel fits in between,
 * finds no entry, and nobody ever wakes the waiter.
 */
final class TokenAttachRaceTest {
  /** A token that has nothing but a reason and entries. */
  private abstract static class Miniature {
    final Object monitor = new Object();
    final List<String> entries = new ArrayList<>();
    final Trail told = new Trail();
    volatile boolean cancelled;

    /** Attaches an entry unless the token is cancelled; {@code window} is run where another thread could get a turn. */
    abstract boolean attach(String entry, Runnable window);

    final void cancel() {
      cancelled = true;
      synchronized (monitor) {
        entries.forEach(told::add);
        entries.clear();
      }
    }
  }

  private static final class LooksUnderTheMonitor extends Miniature {
    @Override
    boolean attach(String entry, Runnable window) {
      window.run();
      synchronized (monitor) {
        if (cancelled) {
          return false;
        }
        entries.add(entry);
        return true;
      }
    }
  }

  private static final class LooksBefore extends Miniature {
    @Override
    boolean attach(String entry, Runnable window) {
      if (cancelled) {
        return false;
      }
      window.run();
      synchronized (monitor) {
        entries.add(entry);
        return true;
      }
    }
  }

  /** The only window of the right order is before it has looked: the entry is refused, and its owner knows. */
  @Test
  void attach_cancelGoesBy_isRefused() {
    Miniature token = new LooksUnderTheMonitor();

    assertEquals(false, token.attach("waiter", token::cancel));
    assertEquals(List.of(), token.entries);
  }

  /** A cancel that comes while the monitor is held has to wait, and then finds the entry. */
  @Test
  void attach_cancelComesUnderTheMonitor_isTold() throws Exception {
    TokenNode token = PlainToken.root();
    Registration registration;
    SideThread canceller;
    synchronized (token.attachments()) {
      canceller = SideThread.start(token::cancel);
      SideThread.until(token::isCancelled);
      // Too late to be inserted: the reason is looked at under the monitor, which is ours.
      registration = token.onCancel(() -> {});
    }
    canceller.join();

    assertEquals(false, registration.close());
    assertTrue(token.attachments().isIdle());
  }

  /** The broken twin: attached, and never told. */
  @Test
  void attachBroken_cancelGoesBy_isLost() {
    Miniature token = new LooksBefore();

    assertTrue(token.attach("waiter", token::cancel));
    assertTrue(token.cancelled);
    assertEquals(List.of(), token.told.events());
    assertEquals(List.of("waiter"), token.entries);
  }
}
