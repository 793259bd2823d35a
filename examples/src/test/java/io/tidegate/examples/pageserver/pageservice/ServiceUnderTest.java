// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidegate.Scope;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.task.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/** A page service of its own, with a timeline that is made up. */
final class ServiceUnderTest implements AutoCloseable {
  private static final Duration LONG = Duration.ofMinutes(10);
  static final PageServiceSettings PATIENT = new PageServiceSettings(
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100, LONG, LONG, LONG, LONG);

  final Scope server = Scope.root("server");
  final FakeTimelines timelines = new FakeTimelines(server);
  final PageService service;

  ServiceUnderTest(PageServiceSettings settings) throws IOException {
    service = PageService.start(server, timelines, settings);
    server.onDrain("end page clients", service::close);
  }

  ServiceUnderTest() throws IOException {
    this(PATIENT);
  }

  RawClient connect() throws IOException {
    return RawClient.connect(service.address());
  }

  RawClient start() throws IOException {
    return RawClient.start(service.address());
  }

  /** Waits until no connection is left, neither its task nor a visit of it. */
  void awaitNobody() throws Exception {
    Await.until("no client is served", () -> service.sessions() == 0 && connections() == 0);
    assertEquals(0, timelines.scope().gate().holders().size(), "visits");
  }

  long connections() {
    return server.tasks().stream().filter(task -> task.kind() == Kind.PAGE_REQUEST_HANDLER).count();
  }

  @Override
  public void close() {
    server.close();
  }
}
