// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.TaskKind;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** The samples of the Javadoc, compiled; {@link SnippetsTest} runs them. */
final class Snippets {
  private Snippets() {}

  static String seqWait(SeqWait lastRecordLsn, Pages pages, long lsn, CancellationToken request) throws Exception {
    // @start region="seqwait"
    if (!lastRecordLsn.await(lsn, Duration.ofSeconds(60), request)) { // woken by lastRecordLsn.advance(…) in the ingest
      throw new IOException("no WAL up to " + lsn + " in time, got to " + lastRecordLsn.current());
    }
    return pages.read(lsn);
    // @end
  }

  static void watch(Watch<String> state, Trace trace, CancellationToken token) throws InterruptedException {
    // @start region="watch"
    state.await("active"::equals, token); // or ClosedException, if it never will be

    Watch.Reader<String> reader = state.subscribe();
    for (Optional<String> next = reader.next(token); next.isPresent(); next = reader.next(token)) {
      trace.add("tenant is " + next.get());
    }
    trace.add("the writer has gone"); // which says nothing of its task
    // @end
  }

  static void limiter(Limiter compactions, Pages pages, CancellationToken token) throws Exception {
    // @start region="limiter"
    try (Limiter.Permit permit = compactions.acquire(token)) {
      pages.compact(permit, token);
    }
    // @end
  }

  static String retry(Pages pages, CancellationToken token) throws Exception {
    // @start region="retry"
    Backoff backoff = Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(10));
    Retry download = Retry.of("downloading the layer", backoff)
        .attempts(10)
        .permanent(failure -> failure instanceof IllegalArgumentException);
    return download.call(own -> pages.download(own), token);
    // @end
  }

  static void breaker(CircuitBreaker compaction, Pages pages, CancellationToken token) throws Exception {
    // @start region="breaker"
    compaction.call(own -> pages.download(own), token); // or CircuitOpenException
    // @end
  }

  static Ticker ticker(Scope tenant, TaskKind gc, Settings settings, Pages pages) {
    // @start region="ticker"
    Ticker loop = Ticker.named("gc").jitter(0.05).every(settings::gcPeriod);
    tenant.spawn(gc, token -> loop.run(pages::collectGarbage, token));
    // @end
    return loop;
  }

  static Supervised supervisor(Scope timeline, TaskKind kind, Pages pages, CancellationToken token) throws Exception {
    // @start region="supervisor"
    Backoff backoff = Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(15));
    Supervisor restarts = Supervisor.of(backoff, 5, Duration.ofMinutes(1)); // a sixth failure within a minute is final
    Supervised uploads = restarts.spawn(timeline, timeline.newTask(kind), "uploads", (run, own) -> {
      run.scope().spawn(kind, child -> pages.collectGarbage(child)); // over before the next run
      run.ready();
      pages.download(own);
    });
    uploads.awaitReady(token); // or ClosedException, if it never will be
    // @end
    return uploads;
  }

  static String once(Once<String> layer, Pages pages, CancellationToken request) throws Exception {
    // @start region="once"
    return layer.get(own -> pages.download(own), request); // by whoever comes first, for all
    // @end
  }

  static void mailbox(Mailbox<String> requests, Pages pages, CancellationToken token) throws Exception {
    // @start region="mailbox"
    for (Optional<String> next = requests.receive(token); next.isPresent(); next = requests.receive(token)) {
      pages.answer(next.get(), token);
    }
    // @end
  }

  /** What a timeline does in the samples. */
  interface Pages {
    String read(long lsn) throws IOException;

    String download(CancellationToken token) throws IOException;

    void compact(Limiter.Permit permit, CancellationToken token) throws IOException;

    void collectGarbage(CancellationToken token) throws IOException;

    void answer(String request, CancellationToken token) throws IOException;
  }

  /** The part of a tenant's settings that may change. */
  interface Settings {
    Duration gcPeriod();
  }

  /** Where the samples say what they see. */
  interface Trace {
    void add(String event);
  }
}
