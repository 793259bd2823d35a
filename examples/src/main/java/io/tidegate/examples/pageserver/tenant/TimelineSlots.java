// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.storage.TimelineMetadata.BranchPoint;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.testing.Faults;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which timelines a tenant has. Of several operations on one timeline the first one gets its slot, and the others are
 * refused.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class TimelineSlots {
  private final TenantId tenant;
  private final Runnable checkActive;
  private final ConcurrentMap<TimelineId, TimelineSlot> slots = new ConcurrentHashMap<>();
  /** Held while a slot is taken or begins to stop: a branch and the deletion of its ancestor exclude each other. */
  private final ReentrantLock taking = new ReentrantLock();

  /**
   * Has no timelines.
   *
   * @param tenant whose they are
   * @param checkActive throws a {@link RefusedException} while the tenant does not work
   */
  TimelineSlots(TenantId tenant, Runnable checkActive) {
    this.tenant = tenant;
    this.checkActive = checkActive;
  }

  /** {@return whose timelines they are} */
  TenantId tenant() {
    return tenant;
  }

  /** {@return the slots, as of whenever they are looked at} */
  Collection<TimelineSlot> all() {
    return slots.values();
  }

  /** {@return the slot of a timeline that was there when the tenant began to be brought up} */
  TimelineSlot add(TimelineId id) {
    TimelineSlot slot = new TimelineSlot(id, State.ATTACHING);
    slots.put(id, slot);
    return slot;
  }

  /** Takes out a slot: its timeline was not created, or is gone. */
  void remove(TimelineSlot slot) {
    slots.remove(slot.id(), slot);
  }

  /**
   * {@return the slot of a timeline}
   *
   * @throws RefusedException if there is none
   */
  TimelineSlot find(TimelineId id) {
    TimelineSlot slot = slots.get(id);
    if (slot == null) {
      checkActive.run(); // while it stops, what is not there may have been
      throw new RefusedException(Why.NOT_FOUND, "tenant " + tenant + " has no timeline " + id);
    }
    return slot;
  }

  /** {@return a timeline; empty if there is none, it is not open yet, or it is broken} */
  Optional<Timeline> timeline(TimelineId id) {
    return Optional.ofNullable(slots.get(id)).flatMap(TimelineSlot::timeline);
  }

  /**
   * Takes a slot for a new timeline.
   *
   * @throws RefusedException if the tenant or the ancestor is not active, there is a timeline of this id, or the ancestor does
   *     not have the position at which it branches off
   */
  TimelineSlot take(TimelineMetadata metadata) {
    taking.lock();
    try {
      checkActive.run();
      TimelineSlot slot = new TimelineSlot(metadata.timelineId(), State.ATTACHING);
      metadata.branchPoint().ifPresent(slot::branchesOff);
      TimelineSlot other = slots.putIfAbsent(slot.id(), slot);
      if (other != null) {
        throw new RefusedException(Why.CONFLICT, other + ", exists already");
      }
      checkTaken(slot);
      return slot;
    } finally {
      taking.unlock();
    }
  }

  private void checkTaken(TimelineSlot slot) {
    boolean mayStay = false;
    try {
      slot.branchPoint().ifPresent(this::checkBranchPoint);
      mayStay = true;
    } finally {
      if (!mayStay) {
        remove(slot);
      }
    }
  }

  /**
   * The branch point is in the slot already: either it is seen there by a garbage collection of the ancestor,
   * which raises the cutoff before it looks, or the raised cutoff is seen here.
   */
  private void checkBranchPoint(BranchPoint point) {
    Faults.point("timeline.branch.registered");
    TimelineSlot ancestor = slots.get(point.timelineId());
    if (ancestor == null) {
      throw new RefusedException(Why.NOT_FOUND, "there is no ancestor " + point.timelineId());
    }
    Timeline from = ancestor.active();
    if (from.lastRecordLsn().isBefore(point.lsn()) || point.lsn().isBefore(from.metadata().startLsn())) {
      throw new RefusedException(Why.INVALID, "the log of the ancestor " + point.timelineId() + " goes from "
          + from.metadata().startLsn() + " to " + from.lastRecordLsn() + ", and does not have " + point.lsn());
    }
    if (point.lsn().isBefore(from.gcCutoff())) {
      throw new RefusedException(Why.INVALID, "the ancestor " + point.timelineId() + " is not kept as it was at "
          + point.lsn() + ": garbage collection has removed what was before " + from.gcCutoff());
    }
  }

  /**
   * Takes the slot of a timeline that is to be deleted: it is stopping then.
   *
   * @throws RefusedException if there is none, the tenant is not active, others branch off from it, or another operation has
   *     it
   */
  TimelineSlot stop(TimelineId id) {
    taking.lock();
    try {
      checkActive.run();
      TimelineSlot slot = find(id);
      State before = slot.state().value();
      if (before.isComing() || before.equals(State.STOPPING)) {
        throw new RefusedException(Why.CONFLICT, slot + ": another operation is in progress");
      }
      slots.values().stream().filter(each -> each.ancestor().equals(Optional.of(id))).findFirst()
          .ifPresent(child -> {
            throw new RefusedException(Why.PRECONDITION, child + ", branches off from " + id);
          });
      slot.become(State.STOPPING);
      return slot;
    } finally {
      taking.unlock();
    }
  }
}
