// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** T1, T2, T3, T4: random graphs of tokens against a plain model. */
final class TokenPropertyTest {
  private static final int STEPS = 3_000;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void randomGraph_behavesAsTheModel(long seed) {
    Random random = new Random(seed);
    Model model = new Model();
    for (int step = 0; step < STEPS; step++) {
      switch (random.nextInt(12)) {
        case 0, 1 -> model.child(random);
        case 2, 3 -> model.anyOf(random);
        case 4, 5, 6 -> model.listen(random);
        case 7, 8 -> model.unlisten(random);
        case 9 -> model.cancel(random);
        default -> model.ask(random);
      }
    }
    model.checkAll();
  }

  /** A map from token to the reason that it must have, if any. */
  private static final class Model {
    private final List<TokenNode> tokens = new ArrayList<>();
    private final Map<TokenNode, List<TokenNode>> children = new HashMap<>();
    private final Map<TokenNode, CancelReason> reasons = new HashMap<>();
    private final Map<Registration, TokenNode> listening = new HashMap<>();
    private final AtomicInteger ran = new AtomicInteger();
    private int toRun;
    private int cancels;

    Model() {
      add(PlainToken.root(), List.of());
    }

    private void add(TokenNode token, List<TokenNode> parents) {
      tokens.add(token);
      children.put(token, new ArrayList<>());
      // Sources that are cancelled already: the one that was cancelled first is the reason.
      @Nullable CancelReason first = parents.stream()
          .filter(reasons::containsKey)
          .map(parent -> Objects.requireNonNull(reasons.get(parent)))
          .min((one, other) -> Integer.compare(numberOf(one), numberOf(other)))
          .orElse(null);
      if (first != null) {
        reasons.put(token, first);
      }
      parents.forEach(parent -> childrenOf(parent).add(token));
    }

    private static int numberOf(CancelReason reason) {
      return Integer.parseInt(reason.text());
    }

    private List<TokenNode> childrenOf(TokenNode token) {
      return Objects.requireNonNull(children.get(token));
    }

    /** One of the younger ones, so that the graph gets deep. */
    private TokenNode pick(Random random) {
      int back = Math.min(tokens.size(), 40);
      return random.nextInt(8) == 0 ? PlainToken.root() : tokens.get(tokens.size() - 1 - random.nextInt(back));
    }

    private TokenNode known(Random random) {
      TokenNode token = pick(random);
      if (!children.containsKey(token)) {
        add(token, List.of());
      }
      return token;
    }

    void child(Random random) {
      TokenNode parent = known(random);
      add(parent.child(), List.of(parent));
    }

    void anyOf(Random random) {
      List<TokenNode> parents = new ArrayList<>();
      for (int i = 0; i <= random.nextInt(4); i++) {
        parents.add(known(random));
      }
      add(PlainToken.ofParents(parents.toArray(new CancellationToken[0])), parents);
    }

    void listen(Random random) {
      TokenNode token = known(random);
      Registration registration = token.onCancel(ran::incrementAndGet);
      if (reasons.containsKey(token)) {
        toRun++;
      } else {
        listening.put(registration, token);
      }
    }

    void unlisten(Random random) {
      if (!listening.isEmpty()) {
        List<Registration> all = new ArrayList<>(listening.keySet());
        Registration registration = all.get(random.nextInt(all.size()));
        boolean waits = !reasons.containsKey(listening.remove(registration));
        assertEquals(waits, registration.close());
      }
    }

    void cancel(Random random) {
      TokenNode token = known(random);
      CancelReason reason = CancelReason.of(CancelReason.Code.REQUESTED, Integer.toString(cancels++));
      assertEquals(!reasons.containsKey(token), token.cancel(reason));
      spread(token, reason);
      listening.values().removeIf(this::hasRun);
    }

    private void spread(TokenNode from, CancelReason reason) {
      List<TokenNode> open = new ArrayList<>(List.of(from));
      while (!open.isEmpty()) {
        TokenNode token = open.removeLast();
        if (reasons.putIfAbsent(token, reason) == null) {
          open.addAll(childrenOf(token));
        }
      }
    }

    private boolean hasRun(TokenNode token) {
      if (reasons.containsKey(token)) {
        toRun++;
        return true;
      }
      return false;
    }

    void ask(Random random) {
      check(known(random));
    }

    private void check(TokenNode token) {
      CancelReason expected = reasons.get(token);
      assertEquals(expected != null, token.isCancelled());
      assertSame(expected, token.reason().orElse(null));
    }

    void checkAll() {
      tokens.reversed().forEach(this::check);
      SideThread.until(() -> ran.get() >= toRun);
      assertEquals(toRun, ran.get());
      listening.keySet().forEach(registration -> assertTrue(registration.close()));
      tokens.forEach(token -> assertTrue(token.attachments().isIdle()));
    }
  }
}
