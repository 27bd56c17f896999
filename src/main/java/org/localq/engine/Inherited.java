package org.localq.engine;

import java.util.Map;
import java.util.Optional;
import org.localq.core.Limit;
import org.localq.core.Resource;
import org.localq.core.Umask;

/**
 * What a worker's processes inherit of it, and a job that says nothing else gets.
 *
 * @param umask nothing where the kernel does not tell (before Linux 4.7)
 */
public record Inherited(Map<Resource, Limit> limits, Optional<Umask> umask) {
  public Inherited {
    limits = Map.copyOf(limits);
  }
}
