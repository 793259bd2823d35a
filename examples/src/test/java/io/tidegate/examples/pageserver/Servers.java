// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import io.tidegate.examples.pageserver.source.LocalPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives tests the {@link TestDatabase databases} of two PostgreSQL servers that all test classes share. */
final class Servers implements ParameterResolver {
  /** The running servers; JUnit closes them after the last test. */
  record Running(Path folder, List<TestDatabase> all) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      inParallel(all.size(), number -> {
        all.get(number).close();
        return 0;
      });
      Folders.delete(folder);
    }

    TestDatabase first() {
      return all.getFirst();
    }

    TestDatabase second() {
      return all.getLast();
    }
  }

  private interface Job<T> {
    T run(int number) throws Exception;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Running.class;
  }

  @Override
  public Running resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context.getRoot().getStore(ExtensionContext.Namespace.GLOBAL)
        .computeIfAbsent(Running.class, key -> start(), Running.class);
  }

  private static Running start() {
    try {
      Path folder = Files.createTempDirectory("tidegate-servers");
      return new Running(folder, inParallel(2, number ->
          new TestDatabase(LocalPostgres.start(folder.resolve("server-" + number)))));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static <T> List<T> inParallel(int count, Job<T> job) {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> jobs =
          IntStream.range(0, count).mapToObj(number -> threads.submit(() -> job.run(number))).toList();
      threads.shutdown();
      return jobs.stream().map(Servers::resultOf).toList();
    }
  }

  private static <T> T resultOf(Future<T> job) {
    try {
      return job.get();
    } catch (InterruptedException | ExecutionException failed) {
      throw new IllegalStateException(failed);
    }
  }
}
