// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.CancellationToken;
import io.tidegate.GateClosedException;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pauses;
import io.tidegate.examples.pageserver.tenant.Tenants;
import io.tidegate.sync.Limiter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves pages to clients of PostgreSQL's protocol: a scope {@code page-service} with a task that accepts, and one for
 * each connection.
 *
 * <p>A close in order is of three steps: {@link #stopAccepting}, then whoever owns the timelines closes them, then
 * {@link #close}. Clients that ask for a timeline that closes, and those that are there at the end, are told with
 * SQLSTATE 57P01.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class PageService {
  private static final Logger log = LoggerFactory.getLogger(PageService.class);

  private static final int BACKLOG = 128;
  private static final int NEWCOMERS = 64;

  private final Scope listener;
  private final Scope clients;
  private final ServerSocket server;
  private final Connection.Shared shared;
  private final PageTraffic traffic;

  private PageService(Scope scope, ServedTimelines timelines, PageServiceSettings settings, ServerSocket server) {
    this.clients = scope.child("clients");
    this.listener = scope.child("listener");
    this.server = server;
    Sessions sessions = new Sessions();
    this.traffic = new PageTraffic(sessions::count);
    this.shared = new Connection.Shared(
        settings,
        Limiter.of("newcomers", NEWCOMERS),
        Limiter.of("page clients", settings.clients()),
        new Commands(timelines, settings.waitLsn(), traffic),
        sessions);
  }

  /**
   * Starts to accept.
   *
   * @param parent the server's scope
   * @param tenants what clients may ask for
   * @param settings where to listen, and the limits
   * @return the service
   * @throws IOException if the address cannot be listened on
   */
  public static PageService start(Scope parent, Tenants tenants, PageServiceSettings settings) throws IOException {
    return start(parent, new StoredTimelines(tenants), settings);
  }

  /**
   * Starts to accept.
   *
   * @param parent the server's scope
   * @param timelines what clients may ask for
   * @param settings where to listen, and the limits
   * @return the service
   * @throws IOException if the address cannot be listened on
   */
  static PageService start(Scope parent, ServedTimelines timelines, PageServiceSettings settings) throws IOException {
    ServerSocket server = listen(settings.listen());
    Scope scope = parent.child("page-service");
    scope.onClosed("release port", server::close);
    PageService service = new PageService(scope, timelines, settings, server);
    service.listener.spawn(Kind.PAGE_LISTENER, service::accept);
    log.info("page service on {}", text(service.address()));
    return service;
  }

  private static ServerSocket listen(InetSocketAddress address) throws IOException {
    ServerSocket server = new ServerSocket();
    try {
      server.setReuseAddress(true);
      server.bind(address, BACKLOG);
      return server;
    } catch (IOException taken) {
      server.close();
      throw new IOException("the page service cannot listen on " + text(address) + ": " + taken.getMessage(), taken);
    }
  }

  private static String text(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  /** {@return where it listens, with the port that was found if none was given} */
  public InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  /** {@return what it has answered} */
  public PageTraffic traffic() {
    return traffic;
  }

  /** {@return how many sessions there are} */
  public int sessions() {
    return shared.sessions().count();
  }

  /** Accepts nobody any more; sessions go on. Returns when that is so. */
  public void stopAccepting() {
    listener.close();
  }

  /** Ends everything: clients are told, and have a while to hear it. Returns when no task of it runs any more. */
  public void close() {
    listener.close();
    clients.close();
  }

  private void accept(CancellationToken token) throws InterruptedException {
    token.closeOnCancel(server);
    int failures = 0;
    while (true) {
      try {
        start(server.accept());
        failures = 0;
      } catch (IOException failed) {
        token.throwIfCancelled();
        Duration pause = Pauses.after(++failures);
        log.warn("no client can be accepted: {}; next attempt in {} ms", failed.getMessage(), pause.toMillis());
        token.sleep(pause);
      }
    }
  }

  private void start(Socket accepted) throws IOException {
    boolean started = false;
    try {
      ClientSocket socket = new ClientSocket(accepted, clients);
      Connection connection = new Connection(socket, shared);
      clients.newTask(Kind.PAGE_REQUEST_HANDLER).name("page client " + socket).spawn(connection::run);
      started = true;
    } catch (GateClosedException closing) {
      log.debug("{} came too late", accepted);
    } finally {
      if (!started) {
        accepted.close();
      }
    }
  }
}
