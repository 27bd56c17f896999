/**
 * The queue on disk: the format, in one place, and the transitions between its states.
 *
 * <p>{@link org.localq.spool.Layout} is the specification of the format and of the rules R1 to R9.
 * Everything works on {@link java.nio.file.Path}, so that it runs on any file system that has
 * atomic renames and hard links. Nothing is null unless a method says {@link java.util.Optional}.
 */
package org.localq.spool;
