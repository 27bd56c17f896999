package org.localq.core;

/** What scheduling needs to know of a pending job. */
public record Candidate(JobId id, int cores) {}
