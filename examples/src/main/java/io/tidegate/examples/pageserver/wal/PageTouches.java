// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds all pages that a record changes: those it refers to, and those that only its replay knows of.
 *
 * <p>Heap records clear bits of the visibility map without a reference to its page: see {@code visibilitymap_clear} in
 * PostgreSQL's {@code src/backend/access/heap/heapam_xlog.c}, and the flags in {@code src/include/access/heapam_xlog.h}.
 */
public final class PageTouches {
  private static final int HEAP2 = 9;
  private static final int HEAP = 10;
  private static final int OPERATION = 0x70;

  private static final int HEAP_INSERT = 0x00;
  private static final int HEAP_DELETE = 0x10;
  private static final int HEAP_UPDATE = 0x20;
  private static final int HEAP_HOT_UPDATE = 0x40;
  private static final int HEAP_LOCK = 0x60;
  private static final int HEAP2_MULTI_INSERT = 0x50;
  private static final int HEAP2_LOCK_UPDATED = 0x60;

  private static final int OLD_CLEARED = 1;
  private static final int NEW_CLEARED = 2;

  /** How many heap pages one page of the visibility map is for: two bits each. */
  private static final int HEAP_PAGES = (WalLayout.PAGE_SIZE - 24) * 4;

  private PageTouches() {}

  /**
   * {@return the pages of a record, its {@linkplain RelationMark marks}, and {@link CommitTime#KEY} if it is a commit}
   *
   * @throws WalFormatException if the record is too short for what its operation needs
   */
  public static List<PageTouch> of(WalRecord record) {
    try {
      return find(record);
    } catch (IndexOutOfBoundsException | BufferUnderflowException | IllegalArgumentException tooShort) {
      throw new WalFormatException(record.start(), "too short for its operation: " + record);
    }
  }

  private static List<PageTouch> find(WalRecord record) {
    List<PageTouch> touches = new ArrayList<>(record.blocks().size() + 1);
    for (BlockReference block : record.blocks()) {
      touches.add(new PageTouch(block.key(), effect(block)));
    }
    addVisibilityMap(record, touches);
    for (RelationMark mark : RelationMark.of(record)) {
      touches.add(new PageTouch(mark.key(), PageEffect.CHANGE));
    }
    // Of commits that no read can tell apart any more, the last is enough: each takes the place of the one before.
    CommitTime.of(record).ifPresent(time -> touches.add(new PageTouch(CommitTime.KEY, PageEffect.INIT)));
    return touches;
  }

  private static PageEffect effect(BlockReference block) {
    PageImage image = block.image();
    if (image != null && image.applied()) {
      return PageEffect.IMAGE;
    }
    return block.willInit() ? PageEffect.INIT : PageEffect.CHANGE;
  }

  private static void addVisibilityMap(WalRecord record, List<PageTouch> touches) {
    List<BlockReference> blocks = record.blocks();
    int cleared = blocks.isEmpty() ? 0 : cleared(record);
    if ((cleared & NEW_CLEARED) != 0) {
      touches.add(visibilityMap(blocks.getFirst().key()));
    }
    if ((cleared & OLD_CLEARED) != 0) {
      touches.add(visibilityMap(blocks.getLast().key()));
    }
  }

  /** {@return of which heap pages the bits are cleared: of the first block, of the last one} */
  private static int cleared(WalRecord record) {
    ByteBuffer data = record.mainData();
    int operation = record.info() & OPERATION;
    if (record.resourceManager() == HEAP) {
      return switch (operation) {
        case HEAP_INSERT -> data.get(2) & OLD_CLEARED;
        case HEAP_DELETE, HEAP_LOCK -> data.get(7) & OLD_CLEARED;
        case HEAP_UPDATE, HEAP_HOT_UPDATE -> data.get(7) & (OLD_CLEARED | NEW_CLEARED);
        default -> 0;
      };
    }
    if (record.resourceManager() == HEAP2) {
      return switch (operation) {
        case HEAP2_MULTI_INSERT -> data.get(0) & OLD_CLEARED;
        case HEAP2_LOCK_UPDATED -> data.get(7) & OLD_CLEARED;
        default -> 0;
      };
    }
    return 0;
  }

  private static PageTouch visibilityMap(PageKey heap) {
    int block = Integer.divideUnsigned(heap.block(), HEAP_PAGES);
    return new PageTouch(RelTag.of(heap).fork(RelTag.VISIBILITY_MAP).page(block), PageEffect.CHANGE);
  }
}
