/**
 * The commands: each parses its words, makes one call, prints. {@link org.localq.cli.Main} is the
 * one door through which streams, environment, clock and file system come in. Nothing is null
 * unless a method says {@link java.util.Optional}.
 */
package org.localq.cli;
