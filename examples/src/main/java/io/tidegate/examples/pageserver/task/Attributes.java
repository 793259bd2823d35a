// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.task;

import io.tidegate.AttributeKey;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;

/** What the server's scopes are about; the names are the keys in the log. */
public final class Attributes {
  /** Whose data a scope works on. */
  public static final AttributeKey<TenantId> TENANT_ID = new AttributeKey<>("tenant_id", TenantId.class);

  /** Which timeline a scope works on. */
  public static final AttributeKey<TimelineId> TIMELINE_ID = new AttributeKey<>("timeline_id", TimelineId.class);

  private Attributes() {}
}
