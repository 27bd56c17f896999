package org.localq.core;

/** What is alive of an attempt. Looked at before its exit token is (rule R6). */
public enum Presence {
  /** Nothing. */
  GONE,
  /** Only the shim: it is about to execute the command, or about to write how it ended. */
  SHIM_ONLY,
  /** The command, or something that it started. */
  ALIVE
}
