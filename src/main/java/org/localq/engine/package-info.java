/**
 * How a claimed job is run: as processes of this machine, under a shim that outlives the worker and
 * writes the exit code.
 *
 * <p>Knows nothing of the spool but the names it is told. Nothing is null unless a method says
 * {@link java.util.Optional}.
 */
package org.localq.engine;
