// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class LayerStoreTest {
  private static final Lsn START = MetadataFileTest.SAMPLE.startLsn();

  @TempDir Path parent;
  private final SampleWal wal = new SampleWal(1, START, 10, 200);

  @Test
  void open_afterFlushes_findsEverything() throws Exception {
    try (LayerStore store = create()) {
      for (int i = 0; i < 4; i++) {
        assertEquals(wal.end(), store.diskConsistentLsn());
        store.flush(wal.layer(100));
      }
      checkAll(store);
    }
    try (LayerStore store = LayerStore.open(folder())) {
      checkAll(store);
      assertEquals(MetadataFileTest.SAMPLE.advancedTo(wal.end()), store.metadata());
      assertEquals(4, store.layers().size());
      for (LayerFile layer : store.layers()) {
        assertEquals(Files.size(layer.file()), layer.fileBytes());
      }
    }
  }

  @Test
  void open_withIncompleteFiles_removesThemAndLeavesStrangers() throws Exception {
    create().close();
    Files.writeString(folder().resolve("0000000000000001-0000000000000002.l0.tmp"), "x");
    Files.writeString(folder().resolve("metadata.tmp"), "x");
    Files.writeString(folder().resolve("notes"), "x");
    LayerStore.open(folder()).close();
    assertEquals(Set.of("lock", "metadata", "notes"), names());
  }

  @Test
  void open_layerBeyondTheMetadata_isAdopted() throws Exception {
    create().close();
    LayerFileWriter.write(Disk.real(), wal.layer(50).content(), folder());
    try (LayerStore store = LayerStore.open(folder())) {
      checkAll(store);
    }
    assertEquals(wal.end(), MetadataFile.read(Disk.real(), folder()).diskConsistentLsn());
  }

  @Test
  void open_damagedLayerBeyondTheMetadata_isRemoved() throws Exception {
    create().close();
    Path file = LayerFileWriter.write(Disk.real(), wal.layer(50).content(), folder());
    byte[] content = Files.readAllBytes(file);
    for (int at : new int[] {3, 100}) {
      byte[] damaged = content.clone();
      damaged[at] ^= 1;
      Files.write(file, damaged);
      try (LayerStore store = LayerStore.open(folder())) {
        assertEquals(START, store.diskConsistentLsn());
        assertEquals(List.of(), store.layers());
      }
      assertEquals(Set.of("lock", "metadata"), names());
    }
  }

  @Test
  void open_twoLayersBeyondTheMetadata_isRefused() throws Exception {
    create().close();
    LayerFileWriter.write(Disk.real(), wal.layer(50).content(), folder());
    LayerFileWriter.write(Disk.real(), wal.layer(50).content(), folder());
    assertRefused("the metadata are older than the layers");
    assertEquals(4, names().size());
  }

  @Test
  void open_missingLayer_isRefused() throws Exception {
    Path first;
    Path last;
    try (LayerStore store = create()) {
      first = store.flush(wal.layer(10)).file();
      store.flush(wal.layer(10));
      last = store.flush(wal.layer(10)).file();
    }
    byte[] content = Files.readAllBytes(last);
    Files.delete(last);
    assertRefused("no layer starts at");
    Files.write(last, content);
    Files.delete(first);
    assertRefused("a layer is missing or two overlap");
  }

  @Test
  void open_renamedLayer_isRefused() throws Exception {
    Path file;
    try (LayerStore store = create()) {
      file = store.flush(wal.layer(10)).file();
    }
    String other = LayerName.level0(START, wal.end().plus(8)).toString();
    Files.move(file, file.resolveSibling("first.l0"));
    assertRefused("the name is not that of a layer");
    Files.move(file.resolveSibling("first.l0"), file.resolveSibling(other));
    assertRefused("beyond the disk-consistent LSN");
  }

  @Test
  void open_layerUnderAnotherLayersName_isRefused() throws Exception {
    Path first;
    Path second;
    try (LayerStore store = create()) {
      first = store.flush(wal.layer(10)).file();
      second = store.flush(wal.layer(10)).file();
    }
    Files.write(first, Files.readAllBytes(second));
    assertRefused("unlike its name");
  }

  @Test
  void open_layersWithoutMetadata_isRefused() throws Exception {
    try (LayerStore store = create()) {
      store.flush(wal.layer(10));
    }
    Files.delete(folder().resolve("metadata"));
    assertRefused("Restore the file from a backup");
    assertThrows(FileAlreadyExistsException.class, this::create);
  }

  @Test
  void open_noTimeline_isRefused() throws Exception {
    assertThrows(NoSuchFileException.class, () -> LayerStore.open(folder()));
    assertFalse(Files.exists(folder()));
    Files.createDirectory(folder());
    assertThrows(NoSuchFileException.class, () -> LayerStore.open(folder()));
    create().close();
  }

  @Test
  void create_whereATimelineIs_isRefused() throws Exception {
    create().close();
    assertThrows(FileAlreadyExistsException.class, this::create);
    LayerStore.open(folder()).close();
  }

  @Test
  void flush_layerThatDoesNotFollow_isRefused() throws Exception {
    try (LayerStore store = create()) {
      FrozenLayer first = wal.layer(10);
      FrozenLayer second = wal.layer(10);
      assertThrows(IllegalArgumentException.class, () -> store.flush(second));
      store.flush(first);
      assertThrows(IllegalArgumentException.class, () -> store.flush(first));
      store.flush(second);
      checkAll(store);
    }
  }

  @Test
  void flush_otherLayerAfterAFailure_isRefused() throws Exception {
    MemoryDisk disk = new MemoryDisk();
    LayerStore store = LayerStore.create(folder(), MetadataFileTest.SAMPLE, disk);
    FrozenLayer layer = wal.layer(10);
    FrozenLayer longer = SampleWal.layer(START, wal.records, wal.end().plus(8));
    disk.failOnceAt(1);
    assertThrows(IOException.class, () -> store.flush(layer));
    assertThrows(IllegalStateException.class, () -> store.flush(longer));
    store.flush(layer);
    checkAll(store);
  }

  @Test
  void flush_afterClose_isRefused() throws Exception {
    LayerStore store = create();
    LayerFile layer = store.flush(wal.layer(10));
    store.close();
    store.close();
    assertThrows(IllegalStateException.class, () -> store.flush(wal.layer(10)));
    assertThrows(ClosedChannelException.class, layer::verify);
  }

  @Test
  void open_inUseByThisProcess_isRefused() throws Exception {
    try (LayerStore store = create()) {
      String message = String.valueOf(assertThrows(IOException.class, () -> LayerStore.open(folder())).getMessage());
      assertTrue(message.contains("in use by this process, " + ProcessHandle.current().pid()), message);
      store.flush(wal.layer(10));
    }
    LayerStore.open(folder()).close();
  }

  /* The refused attempt of this process must not have dropped the lock that other processes see. */
  @Test
  void open_inUseByAnotherProcess_isRefused() throws Exception {
    try (LayerStore store = create()) {
      assertThrows(IOException.class, () -> LayerStore.open(folder()));
      String answer = openInAnotherProcess();
      assertTrue(answer.contains("in use by process " + ProcessHandle.current().pid()), answer);
      assertEquals(START, store.diskConsistentLsn());
    }
    assertEquals("opened", openInAnotherProcess());
  }

  @Test
  void get_interrupted_returnsAndKeepsTheStatus() throws Exception {
    try (LayerStore store = create()) {
      Thread.currentThread().interrupt();
      store.flush(wal.layer(100));
      assertTrue(Thread.interrupted());
      Thread.currentThread().interrupt();
      checkAll(store);
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void get_whileOtherReadersAreInterrupted_goesOn() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    try (LayerStore store = create(); ExecutorService readers = Executors.newThreadPerTaskExecutor(Thread::new)) {
      store.flush(wal.layer(100));
      Thread[] victims = new Thread[2];
      Future<?>[] ends = new Future<?>[2];
      for (int i = 0; i < 2; i++) {
        victims[i] = new Thread();
      }
      for (int i = 0; i < 2; i++) {
        int number = i;
        ends[i] = readers.submit(() -> {
          victims[number] = Thread.currentThread();
          while (!stop.get()) {
            checkAll(store);
          }
          return null;
        });
      }
      for (int i = 0; i < 2000; i++) {
        victims[i % 2].interrupt();
        store.get(SampleWal.page(i % 10), wal.end());
      }
      stop.set(true);
      for (Future<?> end : ends) {
        end.get(30, TimeUnit.SECONDS);
      }
    }
  }

  /** Opens the folder that is its argument, in a process of its own. */
  static final class Opener {
    public static void main(String[] arguments) throws IOException {
      try {
        LayerStore.open(Path.of(arguments[0])).close();
        System.out.println("opened");
      } catch (IOException refused) {
        System.out.println(refused.getMessage());
      }
    }
  }

  private String openInAnotherProcess() throws Exception {
    Path output = parent.resolve("output");
    Process process = new ProcessBuilder(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-cp", System.getProperty("java.class.path"),
        Opener.class.getName(), folder().toString())
        .redirectErrorStream(true).redirectOutput(output.toFile()).start();
    assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    return Files.readAllLines(output, StandardCharsets.UTF_8).getLast();
  }

  private Path folder() {
    return parent.resolve("timeline");
  }

  private LayerStore create() throws IOException {
    return LayerStore.create(folder(), MetadataFileTest.SAMPLE);
  }

  private void checkAll(LayerStore store) throws IOException {
    assertEquals(wal.end(), store.diskConsistentLsn());
    for (int page = 0; page < 10; page++) {
      PageKey key = SampleWal.page(page);
      assertEquals(wal.expected(key, wal.end()), store.get(key, wal.end()));
      Lsn middle = wal.records.get(wal.records.size() / 3).endLsn();
      assertEquals(wal.expected(key, middle), store.get(key, middle));
    }
    for (LayerFile layer : store.layers()) {
      layer.verify();
    }
  }

  private void assertRefused(String reason) {
    CorruptLayerException refused = assertThrows(CorruptLayerException.class, () -> LayerStore.open(folder()));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(reason) && message.contains(folder().toString()), message);
  }

  private Set<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
