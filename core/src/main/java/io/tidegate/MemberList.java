// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The members of one gate, oldest first; its lock guards it. Adding and removing touches the neighbours only. */
final class MemberList {
  private @Nullable Member first;
  private @Nullable Member last;

  boolean isEmpty() {
    return first == null;
  }

  void add(Member member) {
    Member before = last;
    member.previous = before;
    if (before == null) {
      first = member;
    } else {
      before.next = member;
    }
    last = member;
  }

  /** Takes a member out; says whether it was in. */
  boolean remove(Member member) {
    Member before = member.previous;
    Member after = member.next;
    if (before == null && first != member) {
      return false;
    }
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.previous = before;
    }
    member.previous = null;
    member.next = null;
    return true;
  }

  void forEach(Consumer<Member> action) {
    for (Member member = first; member != null; member = member.next) {
      action.accept(member);
    }
  }
}
