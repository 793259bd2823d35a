// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.report;

import java.util.List;

/** What a run without arguments compares, and what each ratio is to be at most. */
final class Comparisons {
  private static final Subject SPAWN = spawn("scopeNamed");
  private static final Subject GATE = Subject.of("GateBenchmark.gate");
  private static final Subject GATE_BY_TWO = Subject.of("GateBenchmark.gateByTwo");

  private Comparisons() {}

  static List<Comparison> all() {
    return List.of(
        new Comparison("spawn and finish, 10,000", SPAWN, "bare threads, same pool", spawn("bareNamed"), 1.15),
        new Comparison("spawn and finish, 10,000", SPAWN, "StructuredTaskScope", spawn("structuredTaskScope"), 0.95),
        new Comparison("spawn and finish, 10,000", SPAWN, "executor of virtual threads", spawn("executor")),
        new Comparison("spawn and finish, 10,000", SPAWN, "jox supervised", spawn("jox")),
        new Comparison("spawn and finish, 10,000", SPAWN, "coroutines", spawn("coroutines")),
        new Comparison("open a scope, one task, close",
            Subject.of("OpenScopeBenchmark.scopeShared"), "StructuredTaskScope",
            Subject.of("OpenScopeBenchmark.structuredTaskScope"), 1.0),
        new Comparison("open a scope, one task, close",
            Subject.of("OpenScopeBenchmark.scopeShared"), "jox supervised", Subject.of("OpenScopeBenchmark.jox")),
        new Comparison("fork and join with a result",
            Subject.of("ForkBenchmark.scope"), "executor's future", Subject.of("ForkBenchmark.executor")),
        new Comparison("start a thread on a named pool",
            carrier("spawn", "named"), "the JDK's scheduler", carrier("spawn", "jdk"), 1.05),
        new Comparison("hand over on a named pool",
            carrier("handOff", "named"), "the JDK's scheduler", carrier("handOff", "jdk"), 1.05),
        new Comparison("hand over, one carrier",
            carrier("handOffOnOneCarrier", "named"), "the JDK's scheduler", carrier("handOffOnOneCarrier", "jdk"), 1.05),
        new Comparison("cancel and wait, 10,000 parked",
            Subject.of("CancelBenchmark.closeScope"), "interrupt and join, bare",
            Subject.of("CancelBenchmark.interruptAndJoin"), 1.15),
        new Comparison("isCancelled, depth 1", token("isCancelled", 1), "volatile read", token("volatileRead", 1), 1.2),
        new Comparison(
            "isCancelled, depth 16", token("isCancelled", 16), "volatile read", token("volatileRead", 1), 1.2),
        new Comparison("child token, dropped", token("child", 1), "32 bytes allocated", token("allocation", 1), 2),
        new Comparison("listen and stop",
            token("listen", 1), "coroutine's invokeOnCompletion", token("invokeOnCompletion", 1), 1.0),
        new Comparison("cancel, per listener of 100,000",
            cancel("wide", 100_000), "per listener of 1,000", cancel("wide", 1_000), 1.3),
        new Comparison("cancel, per token, chain of 10,000",
            cancel("chain", 10_000), "chain of 1,000", cancel("chain", 1_000), 1.3),
        new Comparison("gate, enter and leave", GATE, "AtomicLong, add twice", Subject.of("GateBenchmark.word"), 1.5),
        new Comparison("gate, enter and leave", GATE, "Semaphore", Subject.of("GateBenchmark.semaphore")),
        new Comparison("gate, enter and leave", GATE, "Phaser", Subject.of("GateBenchmark.phaser")),
        new Comparison("gate, by two threads", GATE_BY_TWO, "AtomicLong", Subject.of("GateBenchmark.wordByTwo"), 0.5),
        new Comparison("gate, by two threads", GATE_BY_TWO, "two LongAdders", Subject.of("GateBenchmark.addersByTwo")),
        new Comparison("close a gate of 10,000 holders",
            Subject.of("GateCloseBenchmark.gate"), "Phaser", Subject.of("GateCloseBenchmark.phaser")),
        new Comparison("close 20 tasks among 1,000,000",
            timeline("scope", 1_000_000), "among 20,000", timeline("scope", 20_000), 1.5),
        new Comparison("close 20 tasks among 200,000",
            timeline("scope", 200_000), "scan of one map", timeline("globalMap", 200_000), 1.0 / 250),
        new Comparison("first close of a process, 10,000",
            Subject.of("FirstCloseBenchmark.first"), "one after many",
            Subject.of("FirstCloseBenchmark.afterMany"), 1.5),
        new Comparison("first interrupt of 10,000, bare",
            Subject.of("FirstCloseBenchmark.bareFirst"), "one after many",
            Subject.of("FirstCloseBenchmark.bareAfterMany")),
        new Comparison("first close of a process, 10,000",
            Subject.of("FirstCloseBenchmark.first"), "first interrupt, bare",
            Subject.of("FirstCloseBenchmark.bareFirst")));
  }

  private static Subject spawn(String method) {
    return Subject.of("SpawnBenchmark." + method).with("batch", 10_000).with("submitters", 1);
  }

  private static Subject carrier(String method, String scheduler) {
    return Subject.of("CarrierBenchmark." + method).with("scheduler", scheduler);
  }

  private static Subject token(String method, int depth) {
    return Subject.of("TokenBenchmark." + method).with("depth", depth);
  }

  private static Subject cancel(String method, int number) {
    return Subject.of("TokenCancelBenchmark." + method).with("number", number).per(number);
  }

  /** In a process that has closed many before. */
  private static Subject timeline(String method, int live) {
    return Subject.of("TimelineCloseBenchmark." + method).with("live", live).with("trained", true);
  }
}
