// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import static io.tidegate.examples.pageserver.pageservice.RawClient.message;
import static io.tidegate.examples.pageserver.pageservice.RawClient.query;
import static io.tidegate.examples.pageserver.pageservice.RawClient.startup;
import static io.tidegate.examples.pageserver.pageservice.RawClient.texts;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/** Makes up what broken and hostile clients send; the same for the same seed. Confined to one thread. */
final class BrokenInput {
  private static final int MOST_MESSAGES = 6;

  private final Random random;

  BrokenInput(long seed) {
    this.random = new Random(seed);
  }

  /** {@return all that a client sends, from the first byte of its startup packet} */
  byte[] conversation() {
    return switch (random.nextInt(8)) {
      case 0 -> noise();
      case 1 -> damaged(opening());
      default -> joined(opening(), messages());
    };
  }

  /** {@return messages of a session, of which some are damaged} */
  byte[] messages() {
    byte[][] all = new byte[1 + random.nextInt(MOST_MESSAGES)][];
    for (int i = 0; i < all.length; i++) {
      byte[] message = random.nextInt(10) == 0 ? message((char) random.nextInt(256), noise()) : plausible();
      all[i] = random.nextInt(3) == 0 ? damaged(message) : message;
    }
    return joined(all);
  }

  private byte[] opening() {
    return switch (random.nextInt(6)) {
      case 0 -> joined(startup(80877103), startup(80877104), startup(3 << 16, "user", "me", ""));
      case 1 -> ByteBuffer.allocate(16).putInt(16).putInt(80877102).putInt(random.nextInt(4)).putInt(1).array();
      case 2 -> startup(random.nextInt(), "user", "me", "");
      default -> startup(3 << 16 | random.nextInt(3), "user", "me", "_pq_.x", "y", "");
    };
  }

  private byte[] plausible() {
    return switch (random.nextInt(14)) {
      case 0 -> query("status");
      case 1, 2 -> query("pagestream_v2 " + FakeTimelines.TENANT + " " + FakeTimelines.TIMELINE);
      case 3 -> query("show " + "x".repeat(random.nextInt(3_000)));
      case 4 -> message('P', ByteBuffer.allocate(11).put(texts("s", "status")).array());
      case 5 -> message('B', ByteBuffer.allocate(9).put(texts("", "s")).array());
      case 6 -> message(random.nextBoolean() ? 'D' : 'C', texts(random.nextBoolean() ? "P" : "Ss"));
      case 7 -> message('E', new byte[5]);
      case 8 -> message("SHXc".charAt(random.nextInt(4)), new byte[0]);
      case 9 -> message('f', texts("enough"));
      default -> message('d', pageRequest());
    };
  }

  private byte[] pageRequest() {
    byte[] request = new byte[34];
    random.nextBytes(request);
    request[0] = (byte) random.nextInt(5);
    int[] lengths = {30, 30, 34, 21, 22};
    return Arrays.copyOf(request, lengths[request[0]]);
  }

  private byte[] noise() {
    byte[] noise = new byte[random.nextInt(64)];
    random.nextBytes(noise);
    return noise;
  }

  private byte[] damaged(byte[] whole) {
    byte[] damaged = whole.clone();
    switch (random.nextInt(4)) {
      case 0 -> damaged = Arrays.copyOf(whole, random.nextInt(whole.length + 1));
      case 1 -> damaged = joined(whole, noise());
      case 2 -> damaged[random.nextInt(whole.length)] = (byte) random.nextInt();
      default -> {
        int at = random.nextInt(Math.min(5, whole.length - 3));
        ByteBuffer.wrap(damaged).putInt(at, random.nextInt() >> random.nextInt(32));
      }
    }
    return damaged;
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
