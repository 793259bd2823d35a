// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

/**
 * One page that a record changes.
 *
 * @param key the page, or a {@linkplain RelationMark#key mark}
 * @param effect what the record does with it
 */
public record PageTouch(PageKey key, PageEffect effect) {}
