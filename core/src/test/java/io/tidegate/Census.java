// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;

/**
 * What the heap retains: of each class of the library how many objects are reachable, of all classes how many bytes.
 * Taking it runs a full collection.
 */
record Census(Map<String, Long> objects, long bytes) {
  /** A line of the histogram: rank, objects, bytes, class, and its module. */
  private static final Pattern OURS = Pattern.compile("\\s*\\d+:\\s+(\\d+)\\s+\\d+\\s+(io\\.tidegate\\.\\S+).*");

  private static final Pattern TOTAL = Pattern.compile("Total\\s+\\d+\\s+(\\d+)");

  static Census take() throws JMException {
    Map<String, Long> objects = new TreeMap<>();
    long bytes = 0;
    for (String line : Diagnostics.run("gcClassHistogram").lines().toList()) {
      Matcher ours = OURS.matcher(line);
      Matcher total = TOTAL.matcher(line);
      if (ours.matches()) {
        objects.put(ours.group(2), Long.parseLong(ours.group(1)));
      } else if (total.matches()) {
        bytes = Long.parseLong(total.group(1));
      }
    }
    return new Census(objects, bytes);
  }

  /**
   * Takes another census and fails if it finds more than this one: more than {@code held} objects of a class of the
   * library, or more than {@code room} bytes of whatever classes.
   */
  void assertNotExceeded(long held, long room) throws JMException {
    Census now = take();
    Map<String, Long> more = new TreeMap<>(now.objects);
    more.replaceAll((name, count) -> count - objects.getOrDefault(name, 0L));
    more.values().removeIf(growth -> growth <= held);
    assertEquals(Map.of(), more, "more objects than before");
    assertTrue(now.bytes - bytes <= room, () -> "before " + bytes + " bytes, now " + now.bytes);
  }
}
