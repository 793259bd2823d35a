// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Logging: what logs show of scopes and tasks, and at which level. */
class LoggingTest {
  private static final AttributeKey<String> TENANT_ID = new AttributeKey<>("tenant_id", String.class);
  private static final AttributeKey<Integer> TIMELINE_ID = new AttributeKey<>("timeline_id", Integer.class);
  private static final String SERVERS = "a.server";

  private final Logs logs = Logs.of(Scope.class);
  private final Logs serversLogs = Logs.of(SERVERS);
  private final Scope tenant = Scope.newRoot("tenant").with(TENANT_ID, "t1").open();
  private final Scope timeline = tenant.newChild("timeline").with(TIMELINE_ID, 7).open();

  @AfterEach
  void closes() {
    tenant.close();
    Closed.check(tenant);
    logs.close();
    serversLogs.close();
  }

  private static Map<String, String> expected(Task<?> task, Map<String, String> attributes) {
    Map<String, String> all = new HashMap<>(attributes);
    all.put("task_kind", task.kind().name());
    all.put("task_id", Long.toString(task.id()));
    return all;
  }

  /** Logging: attributes of the scope and its ancestors, kind and id are MDC keys inside a task. */
  @Test
  void mdc_insideTask_tellsScopeAndTask() throws Exception {
    Task<Map<String, String>> task = timeline.fork(Work.WRITE, token -> MDC.getCopyOfContextMap());
    task.join();
    assertEquals(expected(task, Map.of("tenant_id", "t1", "timeline_id", "7")), task.result());
  }

  /** Logging: the nearest value of an attribute is shown. */
  @Test
  void mdc_childOverridesAttribute_isTheChilds() throws Exception {
    Scope child = timeline.newChild("child").with(TENANT_ID, "t2").open();
    Task<Map<String, String>> task = child.fork(token -> MDC.getCopyOfContextMap());
    Task<Map<String, String>> above = timeline.fork(token -> MDC.getCopyOfContextMap());
    child.join();
    above.join();
    assertEquals(expected(task, Map.of("tenant_id", "t2", "timeline_id", "7")), task.result());
    assertEquals(expected(above, Map.of("tenant_id", "t1", "timeline_id", "7")), above.result());
  }

  /** Logging: a task's own log events carry the keys. */
  @Test
  void logEvent_ofTask_carriesTheKeys() throws Exception {
    Task<?> task = timeline.spawn(Work.READ, token -> LoggerFactory.getLogger(SERVERS).info("reading"));
    task.join();
    assertEquals(List.of("INFO reading"), serversLogs.messages());
    assertEquals(
        expected(task, Map.of("tenant_id", "t1", "timeline_id", "7")),
        serversLogs.events().getFirst().getMDCPropertyMap());
  }

  /** Logging: the thread that spawns keeps its own keys. */
  @Test
  void mdc_ofSpawner_staysAsItWas() throws Exception {
    MDC.put("request", "r1");
    try {
      timeline.spawn(Work.READ, token -> {}).join();
      assertEquals(Map.of("request", "r1"), MDC.getCopyOfContextMap());
    } finally {
      MDC.clear();
    }
  }

  /** Logging: a task within a task shows its own id. */
  @Test
  void mdc_taskOfTask_isItsOwn() throws Exception {
    Task<Task<Map<String, String>>> outer = tenant.fork(Work.READ, token -> {
      Task<Map<String, String>> inner = timeline.fork(Work.WRITE, innerToken -> MDC.getCopyOfContextMap());
      inner.join();
      return inner;
    });
    outer.join();
    Task<Map<String, String>> inner = outer.result();
    assertEquals(expected(inner, Map.of("tenant_id", "t1", "timeline_id", "7")), inner.result());
  }

  /** Logging: a close step shows its scope as a task does; so does the library's line on its failure. */
  @Test
  void mdc_ofCloseStep_tellsTheScope() {
    timeline.onClosed("fails", () -> {
      LoggerFactory.getLogger(SERVERS).info("closing");
      throw new IOException("disk");
    });
    timeline.close();
    Map<String, String> expected = Map.of("tenant_id", "t1", "timeline_id", "7", "task_kind", "CLOSE");
    assertEquals(expected, serversLogs.events().getFirst().getMDCPropertyMap());
    assertEquals(List.of(expected), errors().stream().map(ILoggingEvent::getMDCPropertyMap).toList());
  }

  /** Logging: a drain step is inside its scope, and shows so. */
  @Test
  void mdc_ofDrainStep_tellsTheScope() {
    timeline.onDrain("drains", () -> LoggerFactory.getLogger(SERVERS).info("draining"));
    timeline.closeGracefully(Duration.ofDays(1));
    Map<String, String> seen = new HashMap<>(serversLogs.events().getFirst().getMDCPropertyMap());
    assertTrue(Objects.requireNonNull(seen.remove("task_id")).matches("[0-9]+"));
    assertEquals(Map.of("tenant_id", "t1", "timeline_id", "7", "task_kind", "DRAIN"), seen);
  }

  /** Logging: a cancel callback shows the scope that it belongs to, whichever its token; a stranger shows none. */
  @Test
  void mdc_ofCallback_tellsItsScope() throws Exception {
    CancellationToken stranger = CancellationToken.create();
    CountDownLatch ran = new CountDownLatch(3);
    Runnable callback = () -> {
      LoggerFactory.getLogger(SERVERS).info("cancelled {}", MDC.getCopyOfContextMap());
      ran.countDown();
    };
    timeline.spawn(Work.READ, token -> stranger.onCancel(callback)).join();
    stranger.onCancel(callback);
    stranger.cancel();
    tenant.token().closeOnCancel(callback::run);
    tenant.cancel("enough");
    ran.await();
    assertEquals(
        Set.of(Map.of("tenant_id", "t1", "timeline_id", "7"), Map.of("tenant_id", "t1"), Map.of()),
        serversLogs.events().stream().map(ILoggingEvent::getMDCPropertyMap).collect(Collectors.toSet()));
  }

  /** Logging: a thread that goes on after a task, a callback or a close step shows what it showed before. */
  @Test
  void mdc_threadGoesOn_isRestored() throws Exception {
    Trail trail = new Trail();
    ManualPool pool = new ManualPool(work -> Thread.ofPlatform().unstarted(() -> {
      MDC.put("thread", "own");
      MDC.put("tenant_id", "before");
      for (int i = 0; i < 2; i++) {
        trail.add(new TreeMap<>(MDC.getCopyOfContextMap()) + ", " + Current.innermost());
        if (i == 0) {
          work.run();
        }
      }
    }));
    Scope closers = Scope.newRoot("closers").with(TIMELINE_ID, 9).open();
    CountDownLatch ran = new CountDownLatch(1);
    timeline.onClosed("step", () -> MDC.put("mine", "step"));
    Task<?> task = closers.spawn(pool, token -> {
      MDC.put("mine", "task");
      timeline.token().onCancel(() -> {
        MDC.put("mine", "callback");
        ran.countDown();
      });
      timeline.close();
    });
    task.join();
    assertEquals(Task.State.SUCCEEDED, task.state());
    ran.await();
    closers.close();
    pool.awaitAllEnded();
    assertEquals(Collections.nCopies(6, "{tenant_id=before, thread=own}, null"), trail.events());
  }

  private List<ILoggingEvent> errors() {
    return logs.events().stream().filter(event -> event.getLevel() == Level.ERROR).toList();
  }

  /** Logging: opening, normal ends and closing are DEBUG. */
  @Test
  void levels_normalLife_isDebug() {
    Task<?> spawned = timeline.spawn(Work.READ, token -> {});
    Task<String> forked = timeline.fork(token -> "done");
    tenant.close();
    assertTrue(logs.messages().contains("DEBUG opened tenant/timeline"));
    assertTrue(logs.messages().contains("DEBUG " + spawned + " has ended"));
    assertTrue(logs.messages().contains("DEBUG " + forked + " has ended"));
    assertTrue(logs.messages().contains("DEBUG closed tenant/timeline"));
    assertNothingAboveDebug();
  }

  private void assertNothingAboveDebug() {
    assertEquals(
        List.of(), logs.messages().stream().filter(line -> !line.startsWith("DEBUG")).toList());
  }

  /** Logging: cancels are DEBUG, of a task, of a scope and by a close; they tell the reason. */
  @Test
  void levels_cancels_areDebug() throws Exception {
    Task<?> alone = timeline.spawn(Work.READ, token -> token.sleep(Duration.ofDays(1)));
    alone.cancel("not wanted");
    alone.join();
    Task<?> ofScope = timeline.spawn(Work.READ, token -> token.sleep(Duration.ofDays(1)));
    timeline.cancel("all of them");
    ofScope.join();
    Task<?> ofClose = tenant.spawn(Work.READ, token -> token.sleep(Duration.ofDays(1)));
    tenant.close();
    String cancel = "DEBUG cancelled tenant/timeline: REQUESTED: all of them";
    assertEquals(1, logs.messages().stream().filter(line -> line.startsWith(cancel)).count());
    assertCancelLogged(alone, "not wanted");
    assertCancelLogged(ofScope, "all of them");
    assertCancelLogged(ofClose, "closing tenant");
    assertNothingAboveDebug();
  }

  private void assertCancelLogged(Task<?> task, String why) {
    assertEquals(Task.State.CANCELLED, task.state());
    assertEquals(
        1,
        logs.messages().stream()
            .filter(line -> line.startsWith("DEBUG " + task + " was cancelled: ") && line.contains(why))
            .count(),
        () -> task + " in " + logs.messages());
  }

  /** Logging: a scope that a failure cancels is told at DEBUG, the failure at ERROR with the keys of its task. */
  @Test
  void levels_failure_isErrorWithTheKeys() throws Exception {
    Scope strict = timeline.newChild("strict").onFailure(FailurePolicy.CANCEL_SCOPE).open();
    Task<?> task = strict.spawn(Work.WRITE, token -> {
      throw new IOException("disk");
    });
    task.join(); // a close would cancel the scope first
    tenant.close();
    assertTrue(logs.messages().stream().anyMatch(line ->
        line.startsWith("DEBUG cancelled tenant/timeline/strict: FAILED: " + task.name())));
    assertEquals(
        List.of(expected(task, Map.of("tenant_id", "t1", "timeline_id", "7"))),
        errors().stream().map(ILoggingEvent::getMDCPropertyMap).toList());
  }
}
