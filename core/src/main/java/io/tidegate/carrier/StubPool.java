package io.tidegate.carrier;
final class StubPool implements CarrierPool, PoolClock {
  static final StubPool ONE = new StubPool();
  private final java.util.concurrent.ThreadFactory factory = Thread.ofVirtual().factory();
  @Override public String name() { return "shared"; }
  @Override public java.util.concurrent.ThreadFactory factory() { return factory; }
  @Override public PoolClock clock() { return this; }
  @Override public void close() {}
  @Override public long nanoTime() { return System.nanoTime(); }
  @Override public java.time.Instant now() { return java.time.Instant.now(); }
  @Override public void park(Object b) { java.util.concurrent.locks.LockSupport.park(b); }
  @Override public void parkUntil(Object b, long d) { java.util.concurrent.locks.LockSupport.parkNanos(b, d - System.nanoTime()); }
}
