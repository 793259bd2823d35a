// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.time.Duration;

/** A process with a root that is closed on exit; {@link CloseOnExitTest} starts it, and says how it ends. */
final class ExitingServer {
  private static final Duration LONG = Duration.ofDays(1);

  private ExitingServer() {}

  public static void main(String... how) throws Exception {
    Logs.off(Gate.class); // on a slow machine it tells of the close, between the lines that are looked at
    Scope server = Scope.root("server");
    switch (how[0]) {
      case "exit" -> {
        closeInOrder(server);
        System.exit(7);
      }
      case "return" -> closeInOrder(server);
      case "wait" -> {
        closeInOrder(server);
        System.out.println("ready");
        Thread.currentThread().join();
      }
      case "closed" -> {
        closeInOrder(server);
        server.closeGracefully(LONG);
        System.out.println("closed");
        System.exit(7);
      }
      case "stubborn" -> {
        server.closeOnExit(Duration.ofMillis(10));
        Stubborn stubborn = new Stubborn();
        server.newTask(Work.READ).name("stubborn").spawn(stubborn);
        stubborn.awaitInside();
        System.exit(7);
      }
      case "inside" -> {
        server.closeOnExit(Duration.ofMillis(10));
        server.newTask(Work.READ).name("exiting").spawn(token -> System.exit(7)).join();
      }
      default -> throw new IllegalArgumentException(how[0]);
    }
  }

  private static void closeInOrder(Scope server) {
    server.closeOnExit(LONG);
    server.spawn(Work.READ, CancellationToken::awaitCancelled);
    server.onDrain("drain", () -> {
      System.out.println("drained");
      server.cancel("drained");
    });
    server.onClosed("release", () -> System.out.println("released"));
  }
}
