package org.localq.core;

/**
 * What an attempt was provided with, beyond its cores.
 *
 * @param given the ids of named resources that are its own
 * @param enforced whether the system keeps it to the memory that its job asks for
 * @param why its memory is only counted; empty where it is enforced, where its job asks for none,
 *     and where nobody knows
 */
public record Provision(Given given, boolean enforced, String why) {
  /** Of an attempt of whose provision nothing is known, or that has none. */
  public static final Provision NONE = new Provision(Given.NOTHING, false, "");
}
