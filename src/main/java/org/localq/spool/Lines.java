package org.localq.spool;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The lines of an array that is being submitted, one a task, each read once.
 *
 * <p>Where they come from is no disk of the spool's: what goes wrong there is a {@link
 * org.localq.core.Refusal}, and no {@link java.io.IOException}.
 */
public interface Lines {
  /**
   * The bytes of the next line, in an array and as they are until the next call; nothing behind the
   * last. There are at most {@link org.localq.core.Tasks#MOST}.
   */
  Optional<ByteBuffer> next();
}
