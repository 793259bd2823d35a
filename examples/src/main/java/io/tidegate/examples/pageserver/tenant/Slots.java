// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * Which tenants there are, and which of them an operation has for itself.
 *
 * <p><b>Threads:</b> safe for use by any thread; nothing blocks.
 */
final class Slots {
  /*
   *   from                to                  by
   *   absent              busy, nobody        take by CREATE, ATTACH, LOAD, DELETE
   *   here                busy, the tenant    take by DETACH, IGNORE, DELETE
   *   busy                here                Guard.fill, or Guard.close with the tenant that was there
   *   busy                absent              Guard.empty, or Guard.close without
   *
   * Each step is one change of the map, which is atomic for its key. Only the guard's owner leaves 'busy'.
   */
  private final Map<TenantId, Slot> slots = new ConcurrentSkipListMap<>();

  /** What can be done to a tenant, one at a time. */
  enum Operation {
    CREATE("created", false),
    ATTACH("attached", false),
    LOAD("loaded", false),
    DETACH("detached", true),
    IGNORE("closed, to be ignored", true),
    DELETE("deleted", true);

    private final String done;
    private final boolean ends;

    Operation(String done, boolean ends) {
      this.done = done;
      this.ends = ends;
    }
  }

  /** Its tenant, if there is one, and what is being done to it, if something is. */
  record Slot(Optional<Tenant> tenant, @Nullable Operation busy) {
    State state() {
      if (busy != null) {
        return busy.ends ? State.STOPPING : State.ATTACHING;
      }
      return tenant.map(each -> each.state().value()).orElse(State.STOPPING);
    }
  }

  /** The right to change one slot. */
  final class Guard implements AutoCloseable {
    private final TenantId id;
    private final Optional<Tenant> before;
    private boolean ended;

    private Guard(TenantId id, Optional<Tenant> before) {
      this.id = id;
      this.before = before;
    }

    /** {@return the tenant that was there when the slot was taken} */
    Optional<Tenant> tenant() {
      return before;
    }

    /** Gives the slot back with a tenant in it. */
    void fill(Tenant tenant) {
      slots.put(id, new Slot(Optional.of(tenant), null));
      ended = true;
    }

    /** Gives the slot back with nothing in it: the tenant is gone. */
    void empty() {
      slots.remove(id);
      ended = true;
    }

    /** Gives the slot back as it was, if it was not given back yet. */
    @Override
    public void close() {
      if (!ended) {
        before.ifPresentOrElse(this::fill, this::empty);
      }
    }
  }

  /**
   * Takes a slot.
   *
   * @throws RefusedException if an operation has it, or it is not as this one needs it
   */
  Guard take(TenantId id, Operation operation) {
    Slot taken = slots.compute(id, (key, slot) -> {
      check(id, slot, operation);
      return new Slot(slot == null ? Optional.empty() : slot.tenant(), operation);
    });
    return new Guard(id, taken.tenant());
  }

  private static void check(TenantId id, @Nullable Slot slot, Operation operation) {
    if (slot == null) {
      if (operation == Operation.DETACH || operation == Operation.IGNORE) {
        throw absent(id);
      }
    } else if (slot.busy() != null) {
      throw new RefusedException(slot.busy().ends ? Why.UNAVAILABLE : Why.CONFLICT, busy(id, slot.busy()));
    } else if (!operation.ends) {
      throw new RefusedException(Why.CONFLICT, "there is a tenant " + id + " already, " + slot.state());
    }
  }

  /**
   * {@return the tenant in a slot}
   *
   * @throws RefusedException if an operation has it, or it is empty
   */
  Tenant find(TenantId id) {
    Slot slot = slots.get(id);
    if (slot == null) {
      throw absent(id);
    }
    if (slot.busy() != null) {
      throw new RefusedException(Why.UNAVAILABLE, busy(id, slot.busy()));
    }
    return slot.tenant().orElseThrow();
  }

  Map<TenantId, Slot> all() {
    return slots;
  }

  /** {@return the tenants that no operation has} */
  List<Tenant> tenants() {
    return slots.values().stream().filter(slot -> slot.busy() == null).flatMap(slot -> slot.tenant().stream()).toList();
  }

  private static RefusedException absent(TenantId id) {
    return new RefusedException(Why.NOT_FOUND, "there is no tenant " + id);
  }

  private static String busy(TenantId id, Operation operation) {
    return "tenant " + id + " is being " + operation.done;
  }
}
