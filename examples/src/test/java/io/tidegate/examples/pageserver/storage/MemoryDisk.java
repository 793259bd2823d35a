// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.testing.Simulation;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A file system in memory that fails at a chosen step, and then knows what a power cut would have left.
 *
 * <p>In a simulation each call is a step, before which other threads may have their turn.
 *
 * <p>Content is durable once synchronized, and a name once its folder is. Each change not synchronized survives or is
 * lost by itself, as the seed has it; content not synchronized may be there in part.
 */
public final class MemoryDisk implements Disk {
  /** What the disk throws at the chosen step and, after a crash, at each later one. */
  public static final class Crash extends IOException {
    private static final long serialVersionUID = 1L;
  }

  private static final class Node {
    byte[] content = {};
    byte[] durable = {};
  }

  private record Change(Path name, @Nullable Node node) {}

  private final TreeMap<Path, Node> names = new TreeMap<>();
  private final TreeMap<Path, Node> durableNames = new TreeMap<>();
  private final List<Change> changes = new ArrayList<>(); // of names, since the folder was synchronized
  private boolean locked;
  private boolean down;
  private int steps;
  private int failAt = Integer.MAX_VALUE;
  private boolean failOnce;

  /** Makes an empty disk. */
  public MemoryDisk() {}

  /** Stops for good right before the change that is number {@code step} from now. */
  public void crashAt(int step) {
    failAt = steps + step;
  }

  /** Refuses the change that is number {@code step} from now, and only that. */
  public void failOnceAt(int step) {
    failAt = steps + step;
    failOnce = true;
  }

  /** {@return whether the chosen step was reached} */
  public boolean failed() {
    return steps >= failAt;
  }

  /** {@return whether it has stopped for good} */
  public boolean isDown() {
    return down;
  }

  /** {@return how many changes there were} */
  public int steps() {
    return steps;
  }

  /** {@return the disk that the next process finds after this process died and the machine went on, no more durable} */
  public MemoryDisk afterKill() {
    MemoryDisk next = new MemoryDisk();
    next.names.putAll(names);
    next.durableNames.putAll(durableNames);
    next.changes.addAll(changes);
    return next;
  }

  /** {@return the disk that the next process finds after a power cut} */
  public MemoryDisk afterPowerCut(Random random) {
    TreeMap<Path, Node> left = new TreeMap<>(durableNames);
    for (Change change : changes) {
      if (random.nextBoolean()) {
        apply(change, left);
      }
    }
    MemoryDisk next = new MemoryDisk();
    left.forEach((name, node) -> next.put(name, survived(node, random)));
    return next;
  }

  /** Places a durable file. */
  void put(Path name, byte[] content) {
    Node node = new Node();
    node.content = content.clone();
    node.durable = node.content;
    names.put(name, node);
    durableNames.put(name, node);
  }

  byte[] content(Path name) throws IOException {
    return node(name).content.clone();
  }

  @Override
  public void createFolder(Path folder) throws IOException {
    step();
  }

  @Override
  public List<Path> list(Path folder) throws IOException {
    checkUp();
    return List.copyOf(names.keySet());
  }

  @Override
  public Output create(Path file) throws IOException {
    step();
    Node node = new Node();
    change(new Change(file, node));
    return new Writing(node);
  }

  @Override
  public Input open(Path file) throws IOException {
    checkUp();
    return new Reading(node(file).content);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    step();
    Node node = node(from);
    change(new Change(from, null));
    change(new Change(to, node));
  }

  @Override
  public void delete(Path file) throws IOException {
    step();
    change(new Change(file, null));
  }

  @Override
  public void syncFolder(Path folder) throws IOException {
    step();
    durableNames.clear();
    durableNames.putAll(names);
    changes.clear();
  }

  @Override
  public Closeable lock(Path file) throws IOException {
    checkUp();
    if (locked) {
      throw new IOException("locked");
    }
    locked = true;
    return () -> locked = false;
  }

  private void step() throws IOException {
    checkUp();
    if (++steps == failAt) {
      down = !failOnce;
      throw new Crash();
    }
  }

  private void checkUp() throws IOException {
    Simulation.step("I/O");
    if (down) {
      throw new Crash();
    }
  }

  private Node node(Path name) throws IOException {
    Node node = names.get(name);
    if (node == null) {
      throw new NoSuchFileException(name.toString());
    }
    return node;
  }

  private void change(Change change) {
    apply(change, names);
    changes.add(change);
  }

  private static void apply(Change change, Map<Path, Node> to) {
    if (change.node() == null) {
      to.remove(change.name());
    } else {
      to.put(change.name(), change.node());
    }
  }

  private static byte[] survived(Node node, Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> node.durable;
      case 1 -> node.content;
      default -> node.content.length <= node.durable.length
          ? node.durable
          : Arrays.copyOf(node.content, random.nextInt(node.durable.length, node.content.length));
    };
  }

  private final class Writing implements Output {
    private final Node node;

    Writing(Node node) {
      this.node = node;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      step();
      int end = node.content.length;
      int count = source.remaining();
      byte[] longer = Arrays.copyOf(node.content, end + count);
      source.get(longer, end, count);
      node.content = longer;
    }

    @Override
    public void sync() throws IOException {
      step();
      node.durable = node.content;
    }

    @Override
    public void close() {}
  }

  private static final class Reading implements Input {
    private final byte[] content;

    Reading(byte[] content) {
      this.content = content;
    }

    @Override
    public long size() {
      return content.length;
    }

    @Override
    public void read(ByteBuffer target, long position) throws IOException {
      if (position + target.remaining() > content.length) {
        throw new EOFException();
      }
      target.put(content, (int) position, target.remaining());
    }

    @Override
    public void close() {}
  }
}
