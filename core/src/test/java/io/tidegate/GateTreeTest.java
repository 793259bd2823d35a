// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** G3: gates as a tree. */
final class GateTreeTest {
  private static final int DEEP = 100_000;

  private final Gate timeline = Gate.create("timeline");
  private final Gate walreceiver = timeline.child("walreceiver");

  /** G3: closing a gate closes its descendants. */
  @Test
  void close_parent_closesDescendants() {
    Gate grandchild = walreceiver.child("connection");
    assertEquals("timeline/walreceiver/connection", grandchild.path());

    timeline.close();

    assertTrue(grandchild.isClosed());
    assertTrue(walreceiver.isClosed());
    assertThrows(GateClosedException.class, () -> grandchild.enter("late"));
    assertThrows(GateClosedException.class, () -> timeline.child("late"));
  }

  /** G3: and nothing else: parent and siblings stay open. */
  @Test
  void close_child_leavesParentAndSiblings() {
    Gate compaction = timeline.child("compaction");
    walreceiver.close();

    assertFalse(timeline.isClosing());
    timeline.enter("still open").close();
    compaction.enter("still open").close();
    assertEquals(List.of("timeline/compaction"), children(timeline));
    timeline.close();
  }

  private static List<String> children(Gate gate) {
    return ((GateImpl) gate).ownMembers().stream().map(member -> ((Gate) member).path()).toList();
  }

  /** G3: a child's guard holds all ancestors. */
  @Test
  void close_parentWhileChildIsHeld_waits() throws Exception {
    Gate.Guard guard = walreceiver.child("connection").enter("reader");
    SideThread closer = SideThread.startParked(timeline::close);

    assertTrue(walreceiver.isClosing());
    assertEquals(List.of("reader"), timeline.holders().stream().map(Holder::name).toList());
    guard.close();
    closer.join();
    assertTrue(walreceiver.isClosed());
  }

  /** G3: entering a child touches no ancestor: their locks may be held by others. */
  @Test
  void enter_child_touchesNoAncestor() {
    Gate child = walreceiver.child("connection");
    List<Member> before = ((GateImpl) timeline).ownMembers();
    Gate.Guard guard = child.enter("reader");

    assertEquals(before, ((GateImpl) timeline).ownMembers());
    assertEquals(1, ((GateImpl) walreceiver).ownMembers().size());
    guard.close();
  }

  /** G3: a child may be closed, and waited for, while its parent is closing, by other threads. */
  @Test
  void close_parentAndChild_bothReturn() throws Exception {
    Gate.Guard inChild = walreceiver.enter("reader");
    Gate.Guard inParent = timeline.enter("flush");
    SideThread parent = SideThread.startParked(timeline::close);
    SideThread child = SideThread.startParked(walreceiver::close);
    inChild.close();
    child.join();
    assertFalse(timeline.isClosed());
    inParent.close();
    parent.join();
  }

  /** G3, G5: 100,000 levels: no recursion, and no path that is kept for each. */
  @Test
  void close_deepTree_ends() throws Exception {
    Gate bottom = timeline;
    for (int i = 0; i < DEEP; i++) {
      bottom = bottom.child("x");
    }
    Gate.Guard guard = bottom.enter("at the bottom");
    SideThread closer = SideThread.startParked(timeline::close);
    assertEquals(1, timeline.holders().size());
    guard.close();
    closer.join();
    assertTrue(bottom.isClosed());
    walreceiver.close();
  }

  /** 100,000 children and holders. */
  @Test
  void close_wideTree_ends() throws Exception {
    List<Gate.Guard> guards = new ArrayList<>();
    for (int i = 0; i < DEEP; i++) {
      guards.add(i % 2 == 0 ? timeline.child("c").enter("in a child") : timeline.enter("in the parent"));
    }
    SideThread closer = SideThread.startParked(timeline::close);
    guards.forEach(Gate.Guard::close);
    closer.join();
    assertEquals(List.of(), children(timeline));
  }

  /** The report has each gate once, closed or open. */
  @Test
  void report_ofTree_hasEachGateOnce() throws Exception {
    Gate.Guard guard = walreceiver.child("connection").enter("reader");
    timeline.child("compaction");
    SideThread.start(() -> {
      CloseReport report = timeline.close(Duration.ofMillis(1));
      assertFalse(report.closed());
      assertEquals(
          List.of("timeline/compaction closed", "timeline/walreceiver open"),
          report.children().stream().map(child -> child.path() + (child.closed() ? " closed" : " open")).toList());
      CloseReport open = report.children().getLast().children().getFirst();
      assertEquals("reader", open.left().getFirst().name());
      assertTrue(report.toString().contains("LEFT INSIDE timeline/walreceiver/connection: reader"), report::toString);
    }).join();
    guard.close();
    CloseReport ended = timeline.close(Duration.ZERO);
    assertTrue(ended.closed());
    assertEquals(2, ended.children().size());
    assertTrue(ended.children().stream().allMatch(CloseReport::closed));
    assertEquals("timeline/walreceiver/connection", ended.children().getLast().children().getFirst().path());
  }

  /** G5: a report that is taken while children end calls none of them twice, and forgets none. */
  @Test
  void report_racingChildren_hasEachOnce() throws Exception {
    Race.run(new Race.Round() {
      private Gate raced = timeline;

      @Override
      public List<CloseStep> bodies() {
        raced = Gate.create("raced");
        List<CloseStep> bodies = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          Gate.Guard guard = raced.child("c" + i).enter("holder");
          bodies.add(guard::close);
        }
        raced.beginClose();
        bodies.add(() -> SideThread.start(() -> {
          CloseReport report = raced.close(Duration.ZERO);
          assertEquals(3, report.children().stream().map(CloseReport::path).distinct().count(), report::toString);
          assertEquals(3, report.children().size(), report::toString);
          assertTrue(!report.closed() || report.left().isEmpty());
        }).join());
        return bodies;
      }

      @Override
      public void check() {
        assertTrue(raced.isClosed());
        assertTrue(raced.close(Duration.ZERO).closed());
      }
    });
  }

  /** G1, G2, G3: random trees against a plain model. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void randomTree_behavesAsTheModel(long seed) {
    Random random = new Random(seed);
    Model model = new Model();
    for (int step = 0; step < 2_000; step++) {
      switch (random.nextInt(10)) {
        case 0, 1, 2 -> model.child(random);
        case 3, 4, 5 -> model.enter(random);
        case 6, 7, 8 -> model.leave(random);
        default -> model.beginClose(random);
      }
      model.check();
      if (step % 200 == 199) {
        model.closeRoot();
      }
    }
  }

  /** Sets and maps that say of each gate what must hold. */
  private static final class Model {
    private final List<Gate> gates = new ArrayList<>();
    private final Map<Gate, Gate> parents = new HashMap<>();
    private final Map<Gate, Integer> inside = new HashMap<>();
    private final Set<Gate> closing = new HashSet<>();
    private final List<Gate.Guard> guards = new ArrayList<>();
    private final List<Gate> guarded = new ArrayList<>();

    Model() {
      add(Gate.create("root"));
    }

    private void add(Gate gate) {
      gates.add(gate);
      inside.put(gate, 0);
    }

    private Gate pick(Random random) {
      // The younger ones more often, or all is soon closed.
      int from = random.nextInt(gates.size());
      return gates.get(from + random.nextInt(gates.size() - from));
    }

    private boolean isClosing(Gate gate) {
      Gate parent = parents.get(gate);
      return closing.contains(gate) || (parent != null && isClosing(parent));
    }

    private boolean isWithin(Gate gate, Gate ancestor) {
      Gate parent = parents.get(gate);
      return gate == ancestor || (parent != null && isWithin(parent, ancestor));
    }

    private int insideTree(Gate top) {
      return gates.stream().filter(gate -> isWithin(gate, top)).mapToInt(gate -> inside.getOrDefault(gate, 0)).sum();
    }

    void child(Random random) {
      Gate parent = pick(random);
      if (isClosing(parent)) {
        assertThrows(GateClosedException.class, () -> parent.child("refused"));
        return;
      }
      Gate child = parent.child("g" + gates.size());
      parents.put(child, parent);
      add(child);
    }

    void enter(Random random) {
      Gate gate = pick(random);
      Gate.Guard guard = gate.tryEnter("holder").orElse(null);
      assertEquals(isClosing(gate), guard == null);
      if (guard != null) {
        guards.add(guard);
        guarded.add(gate);
        inside.merge(gate, 1, Integer::sum);
      }
    }

    void leave(Random random) {
      if (!guards.isEmpty()) {
        int index = random.nextInt(guards.size());
        guards.remove(index).close();
        inside.merge(guarded.remove(index), -1, Integer::sum);
      }
    }

    void beginClose(Random random) {
      Gate gate = pick(random);
      if (random.nextInt(10) == 0 || parents.containsKey(gate)) {
        gate.beginClose();
        closing.add(gate);
      }
    }

    /** Starts over with a new root, after everybody has left the old one. */
    void closeRoot() {
      Gate root = gates.getFirst();
      guards.forEach(Gate.Guard::close);
      guards.clear();
      guarded.clear();
      inside.replaceAll((gate, count) -> 0);
      check();
      root.close();
      closing.add(root);
      check();
      gates.clear();
      parents.clear();
      add(Gate.create("root"));
    }

    void check() {
      for (Gate gate : gates) {
        assertEquals(isClosing(gate), gate.isClosing(), gate::toString);
        assertEquals(isClosing(gate) && insideTree(gate) == 0, gate.isClosed(), gate::toString);
      }
      Gate root = gates.getFirst();
      assertEquals(guards.size(), root.holders().size());
    }
  }
}
