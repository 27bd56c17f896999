/** The built package, run as a user runs it: real processes, real signals, real directories. */
package org.localq.system;
