// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.TaskAction;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.remote.Keys;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pauses;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All tenants of the server, each in a folder named by its id and in a scope below {@code tenants}.
 *
 * <p>What changes the list is an operation: it has its tenant for itself, and others on the same one are refused meanwhile. It
 * runs as a task in the scope {@code operations}: a caller whose own task is cancelled stops waiting, and the operation comes
 * to its end all the same, or to that of the server.
 *
 * <p>{@link Why#NOT_FOUND} is only said of a tenant that is certainly not here: not while they are being loaded, and not
 * while the server closes.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class Tenants {
  private static final Logger log = LoggerFactory.getLogger(Tenants.class);

  private final Scope scope;
  private final Scope operations;
  private final Services services;
  private final Slots slots = new Slots();
  /** Written once, by {@link #load}. */
  private volatile boolean loaded;

  /**
   * One line of the list of tenants.
   *
   * @param id which tenant
   * @param state how far it is
   * @param tenant the tenant; empty while an operation has it
   */
  public record Entry(TenantId id, State state, Optional<Tenant> tenant) {}

  /**
   * Opens the scope {@code tenants}, with nothing in it.
   *
   * @param server the server's scope
   * @param services what all tenants share
   */
  public Tenants(Scope server, Services services) {
    this.services = services;
    this.scope = server.child("tenants");
    this.operations = scope.child("operations");
    scope.onDrain("end operations", operations::close);
  }

  /** {@return the scope of all tenants} */
  public Scope scope() {
    return scope;
  }

  /**
   * Begins to load all tenants that the folder holds. On return each has its place, and is coming to be.
   *
   * @throws IOException if the folder cannot be read, or holds something else; the message names it
   * @throws InterruptedException if the thread is interrupted
   */
  public void load() throws IOException, InterruptedException {
    Faults.point("tenants.load.before", IOException::new);
    Path folder = services.folder();
    List<Path> stored = FileTask.call(scope, Kind.TENANT_FILES, token -> {
      services.disk().createFolder(folder);
      TenantFolder.removeStrays(services.disk(), folder);
      return services.disk().list(folder).stream().filter(Files::isDirectory).sorted().toList();
    });
    for (Path tenant : stored) {
      load(tenantId(tenant));
    }
    loaded = true;
  }

  /** {@return whether each tenant has its place: until then nothing can be said of any} */
  public boolean isLoaded() {
    return loaded;
  }

  private void load(TenantId id) throws IOException {
    TenantFolder folder = folder(id);
    if (folder.has(TenantFolder.Mark.DELETED)) {
      Slots.Guard guard = slots.take(id, Slots.Operation.DELETE);
      operations.spawn(Kind.TENANT_OPERATION, token -> delete(id, guard, token));
    } else if (folder.has(TenantFolder.Mark.IGNORED)) {
      log.info("tenant {} is ignored", id);
    } else {
      Slots.Guard guard = slots.take(id, Slots.Operation.ATTACH);
      guard.fill(bringUp(id, folder));
    }
  }

  private Tenant bringUp(TenantId id, TenantFolder folder) throws IOException {
    return folder.has(TenantFolder.Mark.ATTACHING)
        ? Tenant.attach(scope, id, folder, services)
        : Tenant.load(scope, id, folder, services);
  }

  private static TenantId tenantId(Path tenant) throws IOException {
    try {
      return TenantId.parse(tenant.getFileName().toString());
    } catch (IllegalArgumentException malformed) {
      throw new IOException(tenant + " is no tenant's folder; move it elsewhere", malformed);
    }
  }

  private TenantFolder folder(TenantId id) {
    return new TenantFolder(services.disk(), services.folder().resolve(id.toString()));
  }

  /**
   * Creates a tenant, without timelines.
   *
   * @param id the new tenant
   * @param config what is set for it
   * @return the tenant, active
   * @throws RefusedException if there is one, here or in the remote store, or another operation has it
   * @throws IOException if its folder cannot be made
   * @throws CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  public Tenant create(TenantId id, TenantConfig config) throws IOException, InterruptedException {
    return operate(id, Slots.Operation.CREATE, (guard, token) -> {
      if (isRemote(id, token)) {
        throw new RefusedException(Why.CONFLICT, "tenant " + id + " is in the remote store: attach it, or delete it");
      }
      TenantFolder folder = unused(id);
      Faults.point("tenant.create.before", IOException::new);
      files(() -> folder.create(config));
      Tenant created = Tenant.create(scope, id, folder, config, services);
      guard.fill(created);
      return created;
    });
  }

  /**
   * Begins to fetch a tenant from the remote store. Its {@linkplain Tenant#state state} says how that goes on: it becomes
   * active, or broken, as when it is not there.
   *
   * @param id the tenant
   * @return the tenant
   * @throws RefusedException if it is here already, or another operation has it
   * @throws IOException if its folder cannot be made
   * @throws CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  public Tenant attach(TenantId id) throws IOException, InterruptedException {
    return operate(id, Slots.Operation.ATTACH, (guard, token) -> {
      TenantFolder folder = unused(id);
      files(() -> folder.create(TenantConfig.EMPTY, TenantFolder.Mark.ATTACHING));
      Tenant attached = Tenant.attach(scope, id, folder, services);
      guard.fill(attached);
      return attached;
    });
  }

  /**
   * Closes a tenant and removes it from here; in the remote store it stays.
   *
   * @param id the tenant
   * @param budget for how long it may flush and upload what is here only; zero to leave that out
   * @throws RefusedException if there is none, or another operation has it
   * @throws IOException if its folder cannot be removed: then it is closed, and detaching it again may help
   * @throws CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  public void detach(TenantId id, Duration budget) throws IOException, InterruptedException {
    operate(id, Slots.Operation.DETACH, (guard, token) -> {
      Tenant tenant = guard.tenant().orElseThrow();
      tenant.close(budget);
      Faults.point("tenant.detach.before-files", IOException::new);
      files(tenant.folder()::remove);
      guard.empty();
      log.info("detached tenant {}", id);
      return id;
    });
  }

  private TenantFolder unused(TenantId id) {
    TenantFolder folder = folder(id);
    if (folder.has(TenantFolder.Mark.IGNORED)) {
      throw new RefusedException(Why.CONFLICT, "tenant " + id + " is here, and ignored: load it");
    }
    return folder;
  }

  /**
   * Closes a tenant as if it were not here; its files stay. A later start of the server does not bring it up either, only
   * {@link #loadIgnored} does.
   *
   * @param id the tenant
   * @param budget for how long it may flush and upload what is in memory only; zero to leave that out
   * @throws RefusedException if there is none, or another operation has it
   * @throws IOException if the mark cannot be written: then nothing has changed
   * @throws CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  public void ignore(TenantId id, Duration budget) throws IOException, InterruptedException {
    operate(id, Slots.Operation.IGNORE, (guard, token) -> {
      Tenant tenant = guard.tenant().orElseThrow();
      Faults.point("tenant.ignore.before-mark", IOException::new);
      files(() -> tenant.folder().set(TenantFolder.Mark.IGNORED));
      tenant.close(budget);
      guard.empty();
      log.info("tenant {} is ignored from now on", id);
      return id;
    });
  }

  /**
   * Begins to bring up a tenant that was {@linkplain #ignore ignored}, from its files.
   *
   * @param id the tenant
   * @return the tenant
   * @throws RefusedException if it is here already, there are no ignored files of it, or another operation has it
   * @throws IOException if its folder cannot be read or changed
   * @throws CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  public Tenant loadIgnored(TenantId id) throws IOException, InterruptedException {
    return operate(id, Slots.Operation.LOAD, (guard, token) -> {
      TenantFolder folder = folder(id);
      if (!folder.has(TenantFolder.Mark.IGNORED)) {
        throw new RefusedException(Why.NOT_FOUND, "there is no tenant " + id + " that is ignored");
      }
      files(() -> folder.clear(TenantFolder.Mark.IGNORED));
      Tenant tenant = bringUp(id, folder);
      guard.fill(tenant);
      return tenant;
    });
  }

  /**
   * Deletes a tenant, here and in the remote store. It is gone on return. If the server ends before, the next start, or
   * the next attach elsewhere, goes on.
   *
   * @param id the tenant, which is here or in the remote store only
   * @throws RefusedException if there is none, or another operation has it
   * @throws IOException if its folder cannot be removed: deleting it again may help
   * @throws CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  public void delete(TenantId id) throws IOException, InterruptedException {
    operate(id, Slots.Operation.DELETE, (guard, token) -> {
      if (guard.tenant().isEmpty() && !isRemote(id, token)) {
        throw new RefusedException(Why.NOT_FOUND, "there is no tenant " + id + ", neither here nor remotely");
      }
      delete(id, guard, token);
      return id;
    });
  }

  /**
   * In steps each of which may be done again: the mark here, the slots on the sources, the mark remotely, the timelines
   * here, all objects, the folder with the mark.
   */
  private void delete(TenantId id, Slots.Guard guard, CancellationToken token) throws Exception {
    try (guard) {
      TenantFolder folder = folder(id);
      if (folder.exists()) {
        files(() -> folder.set(TenantFolder.Mark.DELETED));
      }
      if (guard.tenant().isPresent()) {
        Tenant tenant = guard.tenant().get();
        tenant.close(Duration.ZERO);
        new SlotRemoval().run(
            operations, tenant.timelines().stream().flatMap(slot -> slot.timeline().stream()).toList());
      }
      remotely(id, Kind.REMOTE_UPLOAD, token, own -> services.remote().put(Keys.deletedMark(id), new byte[0], own));
      if (folder.exists()) {
        files(folder::removeTimelines);
      }
      remotely(id, Kind.REMOTE_DELETION, token, own ->
          Deletion.removeAll(services.remote(), Keys.tenant(id), Keys.deletedMark(id), own));
      files(folder::remove);
      guard.empty();
      log.info("deleted tenant {}", id);
    }
  }

  private interface Change<T> {
    T run(Slots.Guard guard, CancellationToken token) throws Exception;
  }

  private <T> T operate(TenantId id, Slots.Operation operation, Change<T> change)
      throws IOException, InterruptedException {
    checkOpen();
    Slots.Guard guard = slots.take(id, operation);
    return Operation.await(start(guard, operation + " " + id, change));
  }

  private <T> Task<T> start(Slots.Guard guard, String name, Change<T> change) {
    try {
      return Operation.start(operations, Kind.TENANT_OPERATION, name, token -> {
        try (guard) {
          return change.run(guard, token);
        }
      });
    } catch (RefusedException closing) {
      guard.close();
      throw closing;
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private void files(Step step) throws IOException, InterruptedException {
    FileTask.run(operations, Kind.TENANT_FILES, token -> step.run());
  }

  private boolean isRemote(TenantId id, CancellationToken token) throws Exception {
    List<String> keys = Pauses.retry(remotePart(id)).call(own -> FileTask.call(
        operations, Kind.REMOTE_DOWNLOAD, reading -> services.remote().list(Keys.tenant(id), reading)), token);
    return !keys.isEmpty();
  }

  private void remotely(TenantId id, Kind kind, CancellationToken token, TaskAction step) throws Exception {
    Pauses.untilDone(remotePart(id), own -> FileTask.run(operations, kind, step), token);
  }

  private static String remotePart(TenantId id) {
    return "the remote part of an operation on tenant " + id;
  }

  /**
   * {@return a tenant, in whatever state}
   *
   * @param id its id
   * @throws RefusedException if there is none, or an operation has it
   */
  public Tenant find(TenantId id) {
    try {
      return slots.find(id);
    } catch (RefusedException refused) {
      checkOpen();
      throw refused;
    }
  }

  private void checkOpen() {
    if (!loaded || scope.isClosing()) {
      throw new RefusedException(Why.UNAVAILABLE, "the server is " + (loaded ? "closing" : "starting"));
    }
  }

  /** {@return all tenants, in the order of their ids, those that come and go included} */
  public List<Entry> list() {
    return slots.all().entrySet().stream()
        .map(each -> new Entry(each.getKey(), each.getValue().state(), each.getValue().tenant()))
        .toList();
  }

  /** {@return the tenants that no operation has} */
  List<Tenant> settled() {
    return slots.tenants();
  }

  /** {@return the timelines of all tenants that work} */
  public List<Timeline> timelines() {
    return settled().stream()
        .flatMap(tenant -> tenant.timelines().stream())
        .flatMap(slot -> slot.timeline().stream())
        .toList();
  }
}
