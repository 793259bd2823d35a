// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.source.ServerIdentity;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.timeline.CompactionResult;
import io.tidegate.examples.pageserver.timeline.GcPolicy;
import io.tidegate.examples.pageserver.timeline.GcResult;
import io.tidegate.examples.pageserver.timeline.PageCache;
import io.tidegate.examples.pageserver.timeline.RelationNotTrackedException;
import io.tidegate.examples.pageserver.timeline.TenantSettings;
import io.tidegate.examples.pageserver.timeline.OpenLayerLimit;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.timeline.TimelineServices;
import io.tidegate.examples.pageserver.timeline.UnknownPageException;
import io.tidegate.examples.pageserver.timeline.WalRedoRequiredException;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.examples.pageserver.wal.RelTag;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import io.tidegate.sync.Limiter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a timeline knows of a real cluster is what the cluster has in its own files. */
@Timeout(300)
@ExtendWith(Servers.class)
class PostgresPagesTest {
  private static final TenantSettings SETTINGS = TenantSettings.DEFAULTS
      .withCheckpoint(1 << 19, Duration.ofMinutes(10), 4)
      .withCompaction(1 << 20, Duration.ZERO, 3, 2)
      .withGc(0, Duration.ZERO, Duration.ZERO);

  /** So each comparison reads from the layers of then. */
  private static final TimelineServices WITHOUT_CACHE =
      new TimelineServices(PageCache.of(0), Limiter.of("compactions", 1), Limiter.of("garbage collections", 1),
          OpenLayerLimit.of(0), Limiter.of("logical sizes", 1));

  @TempDir Path folder;
  private final Scope tenant = Scope.root("tenant");
  private final CancellationToken token = CancellationToken.create();

  @AfterEach
  void close() {
    tenant.close();
  }

  @Test
  void page_lastChangedByAFullPageImage_isThatOfTheDataFile(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    Timeline timeline = open(database);
    changeMuch(database);
    timeline.waitLsn(database.checkpoint(), Duration.ofMinutes(2), token);
    timeline.freezeAndFlush(token);
    timeline.compactNow();
    changeMuch(database);
    Lsn end = database.checkpoint();
    timeline.waitLsn(end, Duration.ofMinutes(2), token);
    Map<PageKey, ByteBuffer> files = DataFiles.read(database.server().dataDirectory());

    Map<PageKey, ByteBuffer> known = compare(timeline, end, files);
    checkRelations(timeline, end, database, files.keySet());
    timeline.freezeAndFlush(token);
    assertEquals(known, compare(timeline, end, files));

    CompactionResult compacted = timeline.compactNow();
    assertTrue(compacted.imagesWritten() > 0, compacted::toString);
    assertEquals(known, compare(timeline, end, files));
    checkRelations(timeline, end, database, files.keySet());

    GcResult collected = timeline.collectGarbage(
        new GcPolicy(timeline.diskConsistentLsn().minus(end), Duration.ZERO, Set::of));
    assertEquals(end, timeline.gcCutoff());
    assertTrue(collected.layersRemoved() > 0, collected::toString);
    assertEquals(known, compare(timeline, end, files));
    checkRelations(timeline, end, database, files.keySet());
  }

  /** Leaves pages of many sorts whose last change is an image: copied, rewritten, indexed, touched once. */
  private static void changeMuch(TestDatabase database) throws Exception {
    database.work(10);
    database.execute("DROP TABLE IF EXISTS paged, gone");
    database.execute("CREATE TABLE paged (id int PRIMARY KEY, filler text)");
    database.execute("CREATE TABLE gone AS SELECT generate_series(1, 1000)");
    database.execute("INSERT INTO paged SELECT i, repeat(md5(i::text), 3) FROM generate_series(1, 20000) i");
    database.execute("DROP TABLE gone");
    database.execute("DELETE FROM paged WHERE id > 19000");
    database.execute("VACUUM (FREEZE, TRUNCATE) paged");
    database.execute("SET wal_compression = pglz");
    database.execute("CREATE INDEX ON paged (filler)");
    database.checkpoint();
    database.execute("UPDATE paged SET filler = 'once' WHERE id % 61 = 0");
    database.execute("SET wal_compression = off");
    database.execute("VACUUM FULL pageserver_workload.document");
    database.execute("DROP DATABASE IF EXISTS copied");
    database.execute("CREATE DATABASE copied STRATEGY wal_log");
    database.checkpoint();
    database.work(5);
    database.checkpoint();
    database.execute("DELETE FROM paged WHERE id % 977 = 0");
  }

  private Map<PageKey, ByteBuffer> compare(Timeline timeline, Lsn lsn, Map<PageKey, ByteBuffer> files)
      throws Exception {
    Map<PageKey, ByteBuffer> known = new TreeMap<>();
    int same = 0;
    int redo = 0;
    for (Map.Entry<PageKey, ByteBuffer> file : files.entrySet()) {
      PageKey key = file.getKey();
      boolean isLogged = key.fork() != RelTag.FREE_SPACE_MAP;
      if (isLogged && !lsn.isBefore(DataFiles.lsn(file.getValue()))) {
        try {
          ByteBuffer page = timeline.page(key, lsn, token);
          same += page.equals(file.getValue()) ? 1 : 0;
          assertEquals(DataFiles.withoutHints(file.getValue()), DataFiles.withoutHints(page), () -> key + " "
              + DataFiles.difference(file.getValue(), page));
          known.put(key, page);
        } catch (WalRedoRequiredException changedSince) {
          redo++;
        } catch (UnknownPageException neverTouched) {
          // It was there before the timeline.
        }
      }
    }
    String counts = known.size() + " pages known, " + same + " exactly, " + redo + " to be replayed, of " + files.size();
    assertTrue(same > 500 && redo > 50 && known.size() < files.size(), counts);
    return known;
  }

  private void checkRelations(Timeline timeline, Lsn lsn, TestDatabase database, Set<PageKey> files)
      throws Exception {
    int oid = Integer.parseInt(database.ask("SELECT oid FROM pg_database WHERE datname = current_database()"));
    RelTag document = relation(database, oid, "pageserver_workload.document");
    assertTrue(timeline.relationExists(document, lsn, token));
    assertEquals(
        Long.parseLong(database.ask("SELECT pg_relation_size('pageserver_workload.document') / 8192")),
        timeline.relationSize(document, lsn, token));
    RelTag paged = relation(database, oid, "paged");
    assertEquals(
        Long.parseLong(database.ask("SELECT pg_relation_size('paged') / 8192")),
        timeline.relationSize(paged, lsn, token));
    assertEquals(1, timeline.relationSize(paged.fork(RelTag.VISIBILITY_MAP), lsn, token));
    RelTag before = relation(database, oid, "pg_class");
    assertThrows(RelationNotTrackedException.class, () -> timeline.relationSize(before, lsn, token));
    int copied = Integer.parseInt(database.ask("SELECT oid FROM pg_database WHERE datname = 'copied'"));
    long copiedPages = files.stream()
        .filter(key -> key.database() == copied && key.fork() != RelTag.FREE_SPACE_MAP)
        .count();
    assertEquals(copiedPages * 8192, timeline.databaseSize(copied, lsn, token));
    assertThrows(RelationNotTrackedException.class, () -> timeline.databaseSize(oid, lsn, token));
    assertFalse(timeline.relationExists(new RelTag(1663, copied, 99, RelTag.MAIN), lsn, token));
  }

  private static RelTag relation(TestDatabase database, int oid, String name) throws Exception {
    return new RelTag(1663, oid, Integer.parseInt(database.ask("SELECT pg_relation_filenode('" + name + "')")), (byte) 0);
  }

  private Timeline open(TestDatabase database) throws Exception {
    ServerIdentity cluster = database.source().identify();
    Lsn start = database.source().ensureSlot("pages");
    TimelineMetadata metadata = TimelineMetadata.of(TenantId.random(), TimelineId.random(), start)
        .withSource(cluster.systemIdentifier(), cluster.timeline(), "pages");
    LayerStore store = LayerStore.create(folder.resolve("timeline"), metadata);
    Timeline timeline = Timeline.open(tenant, store, () -> SETTINGS, WITHOUT_CACHE, Optional.empty());
    timeline.receiveFrom(
        database.source(), new SelectionRules(Duration.ofMinutes(1), Duration.ofSeconds(10), 1 << 30));
    return timeline;
  }
}
