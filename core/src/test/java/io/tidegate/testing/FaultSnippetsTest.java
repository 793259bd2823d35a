// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.Work;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The samples of {@link Faults} do what they say. */
@ExtendWith(LeakCheck.class)
class FaultSnippetsTest {
  private int flushed;

  // @start region="point"
  void flush() {
    Faults.point("flush.before-write");
    flushed++;
  }
  // @end

  // @start region="declared"
  void sync(FileChannel file) throws IOException {
    Faults.point("flush.before-fsync", IOException::new);
    file.force(true);
  }
  // @end

  @Test
  void armed_sample_failsAndPauses(@TempDir Path folder) throws Exception {
    try (FileChannel file = FileChannel.open(
            folder.resolve("layer"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        Scope scope = Scope.root("timeline")) {
      assertEquals(1, file.write(ByteBuffer.allocate(1)));
      // @start region="arm"
      try (Fault full = Faults.at("flush.before-fsync").once().fail("disk full")) {
        assertThrows(IOException.class, () -> sync(file));
        sync(file); // the second pass is not struck
        assertEquals(2, full.passes());
      }
      try (Fault pause = Faults.at("flush.before-write").pause()) {
        Task<?> flush = scope.spawn(Work.WRITE, token -> flush());
        pause.awaitReached();
        assertTrue(flush.state() == Task.State.RUNNING && flushed == 0);
        pause.resume(); // or a cancel, or the end of this block
        flush.join();
      }
      // @end
      assertEquals(1, flushed);
    }
  }
}
