/**
 * Records and pure rules: what a job is, which state it is in, which one starts next, what becomes
 * of a claimed one.
 *
 * <p>Nothing here reads a file, a clock or an environment; time comes as a parameter. Nothing is
 * null unless a method says {@link java.util.Optional}. This package imports no other of localq.
 */
package org.localq.core;
