package org.localq.engine;

import org.localq.core.JobId;

/**
 * What the environment of every process of an attempt carries, unless it cleared it.
 *
 * @param spool the spool's absolute path
 */
public record Mark(String spool, JobId id, int attempt) {
  static final String SPOOL = "LOCALQ_SPOOL";
  static final String JOB_ID = "LOCALQ_JOB_ID";
  static final String ATTEMPT = "LOCALQ_ATTEMPT";
}
