// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server that receives from a real PostgreSQL is killed again and again, each time after another amount of work; what it has
 * reported as durable is never lost, and nothing that belongs to nothing stays behind.
 *
 * <p>{@code -Dkill.rounds=50 -Dkill.seed=7} makes more rounds, and others.
 */
@ExtendWith(Servers.class)
@Timeout(1800)
class KillRoundsTest {
  private static final int ROUNDS = Integer.getInteger("kill.rounds", 5);
  private static final Random RANDOM = new Random(Long.getLong("kill.seed", 1));

  @TempDir
  Path folder;

  private Path data() {
    return folder.resolve("data");
  }

  /** Where servers of the test's own have it, too. */
  private Path remote() {
    return folder.resolve("remote");
  }

  @Test
  void kill_againAndAgain_losesNothingThatWasReported(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    Lsn durable = Lsn.INVALID;
    for (int round = 1; round <= ROUNDS; round++) {
      durable = max(durable, killedRound(database));
      TimelineMetadata metadata = onlyTimeline();
      Ledger ledger = Ledger.read(data(), metadata);
      String where = "round " + round + ": " + ledger + ", reported " + durable;
      assertFalse(ledger.end().isBefore(durable), where);
      ledger.checkAgainst(database);
    }
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS, database.connectionString())) {
      TestServer.awaitRecords(server.timeline(database), database.work(1));
      server.closeInOrder();
    }
    Ledger.read(data(), onlyTimeline()).checkAgainst(database);
    checkNoStrays();
  }

  /** Writes while the server receives, flushes and uploads, and kills it somewhere in that; answers what it had reported. */
  private Lsn killedRound(TestDatabase database) throws Exception {
    try (ChildProcess child = ChildProcess.start(folder, "--data", data().toString(), "--remote",
        remote().toString(), "--checkpoint-distance", "1", "--tenant-default", "compaction_period=0s",
        "--postgres", database.connectionString())) {
      child.awaitOutput("receiving WAL");
      Lsn reported = Lsn.INVALID;
      for (int steps = 1 + RANDOM.nextInt(40); steps > 0; steps--) {
        database.work(1);
        reported = max(reported, database.reported("flush_lsn"));
      }
      child.kill();
      return reported;
    }
  }

  private static Lsn max(Lsn one, Lsn other) {
    return one.isBefore(other) ? other : one;
  }

  private TimelineMetadata onlyTimeline() throws IOException {
    Path metadata = Folders.find(data().resolve("tenants"), "metadata");
    Path timeline = metadata.resolveSibling("");
    try (LayerStore store = LayerStore.open(timeline)) {
      return store.metadata();
    }
  }

  /** Here and in the remote store there are the same layers, and beside them only what each has once. */
  private void checkNoStrays() throws IOException {
    List<String> here = names(data().resolve("tenants"));
    List<String> there = names(remote());
    assertTrue(here.removeAll(List.of("config", "metadata", "lock")), here::toString);
    assertTrue(there.removeAll(List.of("config", "index")), there::toString);
    assertTrue(here.stream().allMatch(name -> name.endsWith(".l0")), here::toString);
    assertEquals(here, there);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).map(each -> each.getFileName().toString()).sorted()
          .collect(Collectors.toCollection(ArrayList::new));
    }
  }
}
