// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

/**
 * One page that a record changes.
 *
 * @param key the page, or the key of {@linkplain RelationMark#key a mark} or {@linkplain CommitTime#KEY a commit}
 * @param effect what the record does with it
 */
public record PageTouch(PageKey key, PageEffect effect) {}
