/**
 * The worker: what becomes of every job in the spool, one tick after the other.
 *
 * <p>{@link org.localq.worker.Worker#tick} is a list of named steps, each callable on its own. It
 * keeps nothing in memory that a restart would miss. Nothing is null unless a method says {@link
 * java.util.Optional}.
 */
package org.localq.worker;
