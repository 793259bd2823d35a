// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.remote;

import io.tidegate.CancellationToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A remote store that asks the test before each call. */
public final class HookedStore implements RemoteStore {
  /** Lets a call pass by returning, fails it by throwing, or has it hang. */
  public interface Hook {
    /** Decides about the call of a method with a key. */
    void before(String method, String key, CancellationToken token) throws IOException, InterruptedException;

    /** {@return a hook that hangs until the call's token is cancelled} */
    static Hook hang() {
      return (method, key, token) -> {
        token.awaitCancelled();
        token.throwIfCancelled();
      };
    }
  }

  private final RemoteStore real;
  private volatile Hook hook = (method, key, token) -> {};

  /** Makes a store that lets everything pass. */
  public HookedStore(RemoteStore real) {
    this.real = real;
  }

  /** Sets who is asked from now on. */
  public void hook(Hook next) {
    hook = next;
  }

  private void ask(String method, String key, CancellationToken token) throws IOException {
    try {
      hook.before(method, key, token);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException(interrupted);
    }
  }

  @Override
  public void put(String key, Path file, CancellationToken token) throws IOException {
    ask("put", key, token);
    real.put(key, file, token);
  }

  @Override
  public void put(String key, byte[] content, CancellationToken token) throws IOException {
    ask("put", key, token);
    real.put(key, content, token);
  }

  @Override
  public Optional<byte[]> read(String key, CancellationToken token) throws IOException {
    ask("read", key, token);
    return real.read(key, token);
  }

  @Override
  public void fetch(String key, Path file, CancellationToken token) throws IOException {
    ask("fetch", key, token);
    real.fetch(key, file, token);
  }

  @Override
  public List<String> list(String prefix, CancellationToken token) throws IOException {
    ask("list", prefix, token);
    return real.list(prefix, token);
  }

  @Override
  public void delete(String key, CancellationToken token) throws IOException {
    ask("delete", key, token);
    real.delete(key, token);
  }

  @Override
  public String toString() {
    return "hooked " + real;
  }
}
