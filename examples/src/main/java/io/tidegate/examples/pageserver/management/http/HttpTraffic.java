// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a server has answered.
 *
 * <p><b>Threads:</b> the server's event loop counts, any thread reads.
 */
public final class HttpTraffic {
  private final Map<Integer, LongAdder> answers = new ConcurrentHashMap<>();
  private final LongAdder dropped = new LongAdder();
  private final AtomicInteger connections = new AtomicInteger();

  /** Begins at zero. */
  public HttpTraffic() {}

  /** {@return how often each status was answered} */
  public Map<Integer, Long> answers() {
    Map<Integer, Long> counts = new TreeMap<>();
    answers.forEach((status, count) -> counts.put(status, count.sum()));
    return counts;
  }

  /** {@return how often a client has hung up before its answer} */
  public long dropped() {
    return dropped.sum();
  }

  /** {@return how many connections are open} */
  public int connections() {
    return connections.get();
  }

  void answered(int status) {
    answers.computeIfAbsent(status, any -> new LongAdder()).increment();
  }

  void hungUp() {
    dropped.increment();
  }

  int opened() {
    return connections.incrementAndGet();
  }

  void closed() {
    connections.decrementAndGet();
  }
}
