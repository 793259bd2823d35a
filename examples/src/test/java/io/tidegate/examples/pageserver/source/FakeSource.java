// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A server whose log and whose troubles are in a test's hands. */
public final class FakeSource implements WalSource {
  private static final int CHUNK = 8192;

  private final String where;
  private final Lsn start;
  private final ByteBuffer log;
  /** Guards all below. */
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<FakeStream> streams = new ArrayList<>();
  private final List<Feedback> reports = new ArrayList<>();
  private ServerIdentity identity;
  private final List<String> dropped = new ArrayList<>();
  private boolean down;
  private boolean silent;
  private boolean stuck;
  private long skew;

  /** Makes a server of the cluster 1 that has nothing of the log yet. */
  public FakeSource(String where, Lsn start, ByteBuffer log) {
    this.where = where;
    this.start = start;
    this.log = log;
    this.identity = new ServerIdentity(1, 1, start);
  }

  /** The server has so many bytes of the log. */
  public void write(int bytes) {
    change(() -> identity =
        new ServerIdentity(identity.systemIdentifier(), identity.timeline(), start.plus(bytes)));
  }

  /** The server is another cluster. */
  public void become(long systemIdentifier) {
    change(() -> identity = new ServerIdentity(systemIdentifier, identity.timeline(), identity.flushLsn()));
  }

  /** The server dies and breaks its connections, or comes back. */
  public void setDown(boolean isDown) {
    change(() -> down = isDown);
  }

  /** The server is there, and never answers any more. */
  public void fallSilent() {
    change(() -> silent = true);
  }

  /** The streams show signs of life, but no WAL. */
  public void getStuck() {
    change(() -> stuck = true);
  }

  /** The next chunk comes from so many bytes further on, or before. */
  public void skewOnce(long bytes) {
    change(() -> skew = bytes);
  }

  /** {@return how many streams were started} */
  public int streams() {
    return locked(streams::size);
  }

  /** {@return how many streams are open} */
  public long openStreams() {
    return locked(() -> streams.stream().filter(each -> !each.closed).count());
  }

  /** {@return how many bytes the last stream has sent} */
  public long sent() {
    return locked(() -> streams.getLast().position.minus(start));
  }

  /** {@return which slots were dropped} */
  public List<String> dropped() {
    return locked(() -> List.copyOf(dropped));
  }

  /** {@return what was reported} */
  public List<Feedback> reports() {
    return locked(() -> List.copyOf(reports));
  }

  @Override
  public String where() {
    return where;
  }

  @Override
  public ServerIdentity identify() {
    return locked(() -> {
      answer();
      return identity;
    });
  }

  @Override
  public StatusConnection connectForStatus() {
    locked(this::answer);
    return new StatusConnection() {
      @Override
      public ServerIdentity identify() {
        return FakeSource.this.identify();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Lsn ensureSlot(String slot) {
    locked(this::answer);
    return start;
  }

  @Override
  public void dropSlot(String slot) {
    locked(() -> {
      answer();
      return dropped.add(slot);
    });
  }

  @Override
  public WalStream stream(String slot, Lsn from, Duration silence) {
    return locked(() -> {
      answer();
      FakeStream stream = new FakeStream(from);
      streams.add(stream);
      return stream;
    });
  }

  private boolean answer() throws InterruptedException {
    while (silent && !down) {
      changed.await();
    }
    if (down) {
      throw new SourceException(where + ": cannot connect: it is down", true, null);
    }
    return true;
  }

  private void change(Runnable what) {
    locked(() -> {
      what.run();
      changed.signalAll();
      return true;
    });
  }

  /** An interrupt is what it is on a socket: the end of the connection. */
  private <T> T locked(Callable<T> body) {
    lock.lock();
    try {
      return body.call();
    } catch (RuntimeException failed) {
      throw failed;
    } catch (Exception interrupted) {
      Thread.currentThread().interrupt();
      throw new SourceException(where + ": the connection was closed", true, interrupted);
    } finally {
      lock.unlock();
    }
  }

  private final class FakeStream implements WalStream {
    private Lsn position;
    private boolean closed;
    private @Nullable Lsn toldEnd;

    FakeStream(Lsn from) {
      position = from;
    }

    @Override
    public WalChunk read() {
      return locked(() -> {
        while (true) {
          answer();
          Lsn end = identity.flushLsn();
          if (stuck && !end.equals(toldEnd)) {
            toldEnd = end;
            return new WalChunk(position, ByteBuffer.allocate(0), end);
          }
          if (!stuck && position.isBefore(end)) {
            return next(end);
          }
          changed.await();
        }
      });
    }

    private WalChunk next(Lsn end) {
      Lsn from = position.plus(skew);
      skew = 0;
      int length = (int) Math.min(CHUNK, end.minus(from));
      position = from.plus(length);
      return new WalChunk(from, log.slice((int) from.minus(start), length), end);
    }

    @Override
    public void report(Feedback positions) {
      change(() -> reports.add(positions));
    }

    @Override
    public void close() {
      change(() -> closed = true);
    }
  }
}
