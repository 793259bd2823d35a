// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * All sessions, so that one connection can cancel what another one's command does.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class Sessions {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Map<Integer, Entry> entries = new ConcurrentHashMap<>();
  private final AtomicInteger last = new AtomicInteger();

  /** Enters a session. */
  Entry enter(Session session) {
    Entry entry = new Entry(session, last.incrementAndGet(), RANDOM.nextInt());
    entries.put(entry.process, entry);
    return entry;
  }

  /** Cancels the command of a session, if there is one that knows the secret. */
  void cancel(int process, int secret) {
    Entry entry = entries.get(process);
    if (entry != null && entry.secret == secret) {
      entry.session.cancelCommand();
    }
  }

  /** {@return how many there are} */
  int count() {
    return entries.size();
  }

  /** A session's place; closing it takes it out. */
  final class Entry implements AutoCloseable {
    private final Session session;
    private final int process;
    private final int secret;

    private Entry(Session session, int process, int secret) {
      this.session = session;
      this.process = process;
      this.secret = secret;
    }

    /** {@return what clients think is the number of a process} */
    int process() {
      return process;
    }

    int secret() {
      return secret;
    }

    @Override
    public void close() {
      entries.remove(process);
    }
  }
}
