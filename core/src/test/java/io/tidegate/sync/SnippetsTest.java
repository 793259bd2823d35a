// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.Scope;
import io.tidegate.SideThread;
import io.tidegate.Task;
import io.tidegate.Trail;
import io.tidegate.Work;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The samples of the documentation do what they say. */
final class SnippetsTest {
  private final CancellationToken token = CancellationToken.create();
  private final Trail trail = new Trail();
  private final Snippets.Pages pages = new Timeline();

  @Test
  void seqWait_sample_readsWhenReached() throws Exception {
    SeqWait lsn = SeqWait.startingAt("lsn", 0);
    SideThread side = SideThread.startParked(() -> assertEquals("page at 7", Snippets.seqWait(lsn, pages, 7, token)));
    lsn.advance(8);
    side.join();
  }

  @Test
  void watch_sample_followsToTheEnd() throws Exception {
    Watch<String> state = Watch.of("loading");
    SideThread side = SideThread.startParked(() -> Snippets.watch(state, trail::add, token));
    state.set("active");
    SideThread.until(() -> trail.events().size() == 1);
    state.set("stopping");
    state.close();
    side.join();
    assertEquals(List.of("tenant is active", "tenant is stopping", "the writer has gone"), trail.events());
  }

  @Test
  void limiter_sample_givesThePermitBack() throws Exception {
    Limiter limiter = Limiter.of("compactions", 1);
    Snippets.limiter(limiter, pages, token);
    assertEquals(List.of("compacted"), trail.events());
    assertEquals(0, limiter.running());
  }

  @Test
  void retry_sample_givesUpWhatIsPermanent() throws Exception {
    assertEquals("layer", Snippets.retry(pages, token));
    assertEquals("layer", Snippets.once(Once.named("layer"), pages, token));
    Snippets.breaker(CircuitBreaker.of("compaction", 5, Duration.ofMinutes(1)), pages, token);
    token.cancel();
    assertThrows(CancelledException.class, () -> Snippets.retry(pages, token));
  }

  @Test
  void ticker_sample_runsUntilTheTenantCloses() {
    try (Scope tenant = Scope.root("tenant")) {
      Ticker loop = Snippets.ticker(tenant, Work.WRITE, () -> Duration.ofDays(1), pages);
      loop.signal();
      SideThread.until(() -> loop.iterations() == 1);
    }
    assertEquals(List.of("collected"), trail.events());
  }

  @Test
  void supervisor_sample_isReady() throws Exception {
    try (Scope timeline = Scope.root("timeline")) {
      Supervised uploads = Snippets.supervisor(timeline, Work.WRITE, pages, token);
      uploads.task().join();
      assertEquals(Task.State.SUCCEEDED, uploads.task().state());
    }
  }

  @Test
  void mailbox_sample_answersAll() throws Exception {
    Mailbox<String> requests = Mailbox.of("requests", 2);
    requests.send("a", token);
    requests.send("b", token);
    requests.closeSending();
    Snippets.mailbox(requests, pages, token);
    assertEquals(List.of("answered a", "answered b"), trail.events());
  }

  private final class Timeline implements Snippets.Pages {
    @Override
    public String read(long lsn) {
      return "page at " + lsn;
    }

    @Override
    public String download(CancellationToken own) throws IOException {
      return "layer";
    }

    @Override
    public void compact(Limiter.Permit permit, CancellationToken own) {
      trail.add("compacted");
    }

    @Override
    public void collectGarbage(CancellationToken own) {
      trail.add("collected");
    }

    @Override
    public void answer(String request, CancellationToken own) {
      trail.add("answered " + request);
    }
  }
}
