// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** Has each call of a disk, and of the files that are opened on it, seen before it is made. */
public final class WatchedDisk {
  private WatchedDisk() {}

  /** Sees a call before it is made. */
  public interface Watcher {
    /**
     * Lets a call pass, late maybe, or has it fail.
     *
     * @param call the method's name
     * @throws Exception what the call throws then
     */
    void before(String call) throws Exception;
  }

  /** {@return a disk that does what another one does, where a watcher lets it} */
  public static Disk of(Disk disk, Watcher watcher) {
    return (Disk) watched(disk, watcher, Disk.class);
  }

  private static Object watched(Object real, Watcher watcher, Class<?> type) {
    return Proxy.newProxyInstance(Disk.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
      watcher.before(method.getName());
      try {
        Object result = method.invoke(real, arguments);
        Class<?> returned = method.getReturnType();
        boolean isFile = returned == Disk.Input.class || returned == Disk.Output.class;
        return isFile ? watched(result, watcher, returned) : result;
      } catch (InvocationTargetException failed) {
        throw failed.getCause();
      }
    });
  }
}
