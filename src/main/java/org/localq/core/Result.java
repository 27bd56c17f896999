package org.localq.core;

import java.time.Instant;
import java.util.Optional;

/**
 * What a record in done/ adds to a job.
 *
 * @param started when its last attempt started; nothing when none did
 * @param ended when it ended, or was recorded where the end left no trace
 * @param restarts how many attempts that had started were followed by another
 */
public record Result(
    Outcome outcome, Optional<Instant> started, Instant ended, Usage usage, int restarts) {}
