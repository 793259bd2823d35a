// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.List;

/** What a thread of the library's users can wait for, where it is known who has to leave first; its text names it. */
interface Awaited {
  /**
   * Those who all have to leave before a wait for this ends, as far as they are known now. Where one of several is
   * enough, as with the permits of a limiter, they may be named only while there is one.
   */
  List<? extends Member> members();

  /**
   * Some tasks of a scope.
   *
   * @param what names them
   */
  record Tasks(Object what, List<TaskImpl<?>> members) implements Awaited {
    @Override
    public String toString() {
      return what.toString();
    }
  }
}
