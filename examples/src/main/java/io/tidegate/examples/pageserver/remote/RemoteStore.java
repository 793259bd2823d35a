// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.remote;

import io.tidegate.CancellationToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where files are kept for good, under keys like {@code tenants/…/timelines/…/index}: an object store.
 *
 * <p>What was put is durable and seen by all when the call returns, and an object is there as a whole or not at all. A call
 * that fails may have had its effect, or not; repeating it is harmless. Keys consist of names, separated by slashes.
 *
 * <p><b>Threads:</b> safe for use by any thread. All methods block for the I/O, for as long as the store takes; they end with
 * a {@link io.tidegate.CancelledException} once the token is cancelled.
 */
public interface RemoteStore {
  /** The fault point before an object is put. */
  String UPLOAD = "remote.upload.before";

  /** The fault point before an object is read or fetched. */
  String DOWNLOAD = "remote.download.before";

  /** The fault point before objects are listed. */
  String LIST = "remote.list.before";

  /** The fault point before an object is removed. */
  String DELETE = "remote.delete.before";

  /**
   * Puts a file, in the place of whatever has the key.
   *
   * @param key its key
   * @param file the file, which does not change
   * @param token ends the wait
   * @throws IOException if it fails
   */
  void put(String key, Path file, CancellationToken token) throws IOException;

  /**
   * Puts a few bytes, in the place of whatever has the key.
   *
   * @param key its key
   * @param content the bytes
   * @param token ends the wait
   * @throws IOException if it fails
   */
  void put(String key, byte[] content, CancellationToken token) throws IOException;

  /**
   * {@return the bytes of a small object; empty if there is none}
   *
   * @param key its key
   * @param token ends the wait
   * @throws IOException if it fails
   */
  Optional<byte[]> read(String key, CancellationToken token) throws IOException;

  /**
   * Fetches an object into a new file, which is durable on return, but for its name.
   *
   * @param key its key
   * @param file the file, in a folder that exists
   * @param token ends the wait
   * @throws java.nio.file.NoSuchFileException if there is none
   * @throws IOException if it fails
   */
  void fetch(String key, Path file, CancellationToken token) throws IOException;

  /**
   * {@return the keys that begin with a prefix, in order}
   *
   * @param prefix ends with a slash
   * @param token ends the wait
   * @throws IOException if it fails
   */
  List<String> list(String prefix, CancellationToken token) throws IOException;

  /**
   * Removes an object, if there is one.
   *
   * @param key its key
   * @param token ends the wait
   * @throws IOException if it fails
   */
  void delete(String key, CancellationToken token) throws IOException;
}
