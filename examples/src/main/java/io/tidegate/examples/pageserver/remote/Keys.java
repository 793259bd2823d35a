// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.remote;

import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import java.util.Optional;

/**
 * Where a tenant's objects are in the remote store.
 *
 * <pre>
 *   tenants/TENANT/config                       what is set for it: a tenant that is there has this
 *   tenants/TENANT/deleted                      it is being deleted: nobody may attach it
 *   tenants/TENANT/timelines/TIMELINE/index     which layers belong to it
 *   tenants/TENANT/timelines/TIMELINE/…         the layers, named as on disk
 * </pre>
 */
public final class Keys {
  private static final String TIMELINES = "timelines/";

  private Keys() {}

  /** {@return what all objects of a tenant begin with} */
  public static String tenant(TenantId id) {
    return "tenants/" + id + "/";
  }

  /** {@return the object with what is set for a tenant} */
  public static String config(TenantId id) {
    return tenant(id) + "config";
  }

  /** {@return the object that says that a tenant is being deleted} */
  public static String deletedMark(TenantId id) {
    return tenant(id) + "deleted";
  }

  /** {@return what all objects of a timeline begin with} */
  public static String timeline(TenantId tenant, TimelineId id) {
    return tenant(tenant) + TIMELINES + id + "/";
  }

  /** {@return the object that says which layers belong to a timeline} */
  public static String index(TenantId tenant, TimelineId id) {
    return timeline(tenant, id) + "index";
  }

  /** {@return the timeline whose index an object is; empty if it is none} */
  public static Optional<TimelineId> timelineOfIndex(TenantId tenant, String key) {
    String prefix = tenant(tenant) + TIMELINES;
    if (!key.startsWith(prefix) || !key.endsWith("/index")) {
      return Optional.empty();
    }
    return Optional.of(TimelineId.parse(key.substring(prefix.length(), key.length() - "/index".length())));
  }

  /** {@return the last name of a key} */
  static String nameOf(String key) {
    return key.substring(key.lastIndexOf('/') + 1);
  }
}
