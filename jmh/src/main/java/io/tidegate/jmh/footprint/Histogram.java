// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.footprint;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * The live bytes of each class, as {@code jcmd GC.class_histogram} counts them after a full collection.
 *
 * @param bytes by the JVM's name of the class
 */
record Histogram(Map<String, Long> bytes) {
  /**
   * The stack of a parked virtual thread, whose size depends on what happened to be on it, more than on what is asked;
   * and what fills the gaps of the heap.
   */
  private static final Set<String> LEFT_OUT = Set.of(
      "jdk.internal.vm.StackChunk", "jdk.internal.vm.FillerObject", "[Ljdk.internal.vm.FillerElement;");

  /** Number, instances, bytes, class. */
  private static final Pattern LINE = Pattern.compile("(?m)^ *\\d+: +\\d+ +(\\d+) +(\\S+)");

  static Histogram now() throws JMException {
    ObjectName commands = new ObjectName("com.sun.management:type=DiagnosticCommand");
    Object[] arguments = {new String[0]};
    String text = (String) ManagementFactory.getPlatformMBeanServer()
        .invoke(commands, "gcClassHistogram", arguments, new String[] {String[].class.getName()});
    Map<String, Long> bytes = new TreeMap<>();
    LINE.matcher(text).results().forEach(line -> bytes.merge(line.group(2), Long.parseLong(line.group(1)), Long::sum));
    return new Histogram(bytes);
  }

  /** Returns what there is more of than at another time, without the stacks. */
  Map<String, Long> since(Histogram before) {
    Map<String, Long> more = new TreeMap<>();
    bytes.forEach((type, now) -> {
      long grown = now - before.bytes().getOrDefault(type, 0L);
      if (grown != 0 && !LEFT_OUT.contains(type)) {
        more.put(type, grown);
      }
    });
    return more;
  }
}
