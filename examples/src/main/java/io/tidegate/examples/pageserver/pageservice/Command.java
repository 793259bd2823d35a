// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.TaskBody;
import java.util.List;

/** A command of a client, understood and not yet run. */
sealed interface Command {
  /** No words at all. */
  record Nothing() implements Command {}

  /**
   * Something that is acknowledged, and has no effect here.
   *
   * @param tag how
   */
  record Acknowledged(String tag) implements Command {}

  /**
   * A question.
   *
   * @param columns the names of the answer's columns
   * @param rows finds the rows
   */
  record Table(List<String> columns, TaskBody<List<List<String>>> rows) implements Command {}

  /**
   * A stream of page requests.
   *
   * @param reads finds the timeline, and answers
   */
  record Pages(TaskBody<PageReads> reads) implements Command {}

  /** {@return the names of the columns of its result; empty if it has no rows} */
  default List<String> resultColumns() {
    return this instanceof Table table ? table.columns() : List.of();
  }
}
