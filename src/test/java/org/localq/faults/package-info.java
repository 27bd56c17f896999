/**
 * The fault suite: what is done to a queue so that it loses a job, and a witness outside its spool
 * that would know.
 *
 * <p>Each test that injects a fault carries the number of that {@link org.localq.faults.Injection}.
 * What takes long is tagged {@code long}, and run by {@code mvn verify -Pfaults} alone.
 */
package org.localq.faults;
