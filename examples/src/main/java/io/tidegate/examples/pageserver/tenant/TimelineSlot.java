// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.TimelineMetadata.BranchPoint;
import io.tidegate.examples.pageserver.remote.Downloads;
import io.tidegate.examples.pageserver.remote.Uploads;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.sync.Watch;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The place of one timeline in its tenant, from the first step of its creation to the last of its deletion.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class TimelineSlot {
  private final TimelineId id;
  private final Life life;
  /** Written once, before the state says that it is active. */
  private volatile @Nullable Timeline timeline;
  /** Written once, before the timeline. */
  private volatile @Nullable Uploads uploads;
  /** Written once, before the timeline. */
  private volatile @Nullable Downloads downloads;
  /** Written before the timeline is open, so that the ancestor is not deleted meanwhile, nor what is needed of it. */
  private volatile @Nullable BranchPoint branchPoint;
  /** Whether it is broken so that its branch point cannot be read. */
  private volatile boolean hidesBranchPoint;

  TimelineSlot(TimelineId id, State state) {
    this.id = id;
    this.life = new Life(state);
  }

  /** {@return the id} */
  public TimelineId id() {
    return id;
  }

  /** {@return the state, which ends when the timeline is gone or the tenant has closed} */
  public Watch<State> state() {
    return life.states();
  }

  /** {@return the timeline; empty before it is active, and if it is broken} */
  public Optional<Timeline> timeline() {
    return Optional.ofNullable(timeline);
  }

  /** {@return the timeline that it branches off from} */
  public Optional<TimelineId> ancestor() {
    return branchPoint().map(BranchPoint::timelineId);
  }

  /** {@return how many of its layers wait to be uploaded} */
  public int uploadsWaiting() {
    Uploads begun = uploads;
    return begun == null ? 0 : begun.waiting();
  }

  /** {@return where it branches off} */
  Optional<BranchPoint> branchPoint() {
    return Optional.ofNullable(branchPoint);
  }

  void branchesOff(BranchPoint from) {
    branchPoint = from;
  }

  boolean hidesBranchPoint() {
    return hidesBranchPoint;
  }

  void hideBranchPoint() {
    hidesBranchPoint = true;
  }

  void activate(Timeline opened, Uploads begun, Downloads prepared) {
    uploads = begun;
    downloads = prepared;
    opened.metadata().branchPoint().ifPresent(this::branchesOff);
    timeline = opened;
    life.become(State.ACTIVE);
  }

  void become(State next) {
    life.become(next);
  }

  /** Takes back that it is stopping: its deletion has not come to its first durable step. */
  void restore() {
    life.restore(timeline != null ? State.ACTIVE : State.broken("its deletion could not begin"));
  }

  void end() {
    life.end();
  }

  Downloads activeDownloads() {
    active();
    return Objects.requireNonNull(downloads);
  }

  Timeline active() {
    State now = life.now();
    Timeline opened = timeline;
    if (now.isActive() && opened != null) {
      return opened;
    }
    Why why = now.phase() == State.Phase.BROKEN ? Why.BROKEN : Why.UNAVAILABLE;
    throw new RefusedException(why, "timeline " + id + " is " + now);
  }

  @Override
  public String toString() {
    return "timeline " + id + ", " + life.now();
  }
}
