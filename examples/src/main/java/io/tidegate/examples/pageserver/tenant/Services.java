// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.remote.RemoteStore;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.timeline.TimelineServices;
import java.nio.file.Path;

/**
 * What all tenants of a server share.
 *
 * @param folder where the tenants' folders are
 * @param disk the file system of the folder
 * @param remote where every timeline is uploaded to
 * @param defaults what is set for a tenant that does not set it itself
 * @param timelines what all timelines share
 */
public record Services(Path folder, Disk disk, RemoteStore remote, TenantConfig defaults, TimelineServices timelines) {}
