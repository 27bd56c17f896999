package org.localq.engine;

import org.localq.core.JobId;

/**
 * What the environment of every process of an attempt carries, unless it cleared it.
 *
 * @param spool the spool's absolute path
 */
public record Mark(String spool, JobId id, int attempt) {
  /** A shim's own, with the spool's path: its attempts are not known when it is spawned. */
  static final String SHIM = "LOCALQ_SHIM";

  static final String SPOOL = "LOCALQ_SPOOL";
  static final String JOB_ID = "LOCALQ_JOB_ID";
  static final String ATTEMPT = "LOCALQ_ATTEMPT";
}
