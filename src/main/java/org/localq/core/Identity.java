package org.localq.core;

/**
 * Who is at work here: this process, this boot, this machine.
 *
 * @param process the process itself
 * @param boot the kernel's boot id, lower-case hexadecimal digits without dashes
 * @param host the machine and the pid namespace, in which a pid means something
 * @param uid the user
 */
public record Identity(ProcessId process, String boot, String host, int uid) {
  private static final int SHORT = 8;

  /** The digits of the boot id that a run file's name carries. */
  public String shortBoot() {
    return boot.substring(0, Math.min(SHORT, boot.length()));
  }
}
