/* SPDX-License-Identifier: MIT
 *
 * R9: a reader without the lock looks for one job while others move it. A move forward can't hide it from who looks in the
 * order of a job's life; a move backward can, so what was not found is looked for again (Spool.find, three looks).
 */
#ifndef BACK
#define BACK 1                  /* moves backward: put back, release */
#endif
#ifdef NO_SECOND_SEARCH
#define LOOKS 1
#else
#define LOOKS 3
#endif

bit missed, early;

#define ROOT 1
#define HELD 2
#define RUNNING 3
#define BOTH 4                  /* recorded, its claim not yet cleaned up */
#define DONE 5
#define COLLECTED 6
byte place = ROOT;
byte back = BACK;

#define IN_ROOT (place == ROOT)
#define IN_HELD (place == HELD)
#define IN_RUNNING (place == RUNNING || place == BOTH)
#define IN_DONE (place == DONE || place == BOTH)

proctype others() {             /* each a rename under the lock; hold and release are designed, not built */
end:	do
	:: atomic { place == ROOT -> place = RUNNING }
	:: atomic { place == ROOT -> place = HELD }
	:: atomic { place == HELD && back > 0 -> back--; place = ROOT }
	:: atomic { place == HELD -> place = RUNNING }                  /* withdrawn, to be cancelled */
	:: atomic { place == RUNNING && back > 0 -> back--; place = ROOT }
	:: atomic { place == RUNNING -> place = BOTH }
	:: atomic { place == BOTH -> place = DONE }
#ifdef COLLECT
	:: atomic { place == DONE -> place = COLLECTED }
#endif
	od
}

#define LOOK(there) atomic { seen = seen || there }

proctype reader() {
	bit seen, ended; byte looks;
	do
	:: looks < LOOKS && !seen ->
#if defined(RUNNING_BEFORE_ROOT)
		LOOK(IN_RUNNING); LOOK(IN_ROOT); LOOK(IN_HELD); LOOK(IN_DONE);
#elif defined(HELD_BEFORE_ROOT)
		LOOK(IN_HELD); LOOK(IN_ROOT); LOOK(IN_RUNNING); LOOK(IN_DONE);
#elif defined(DONE_FIRST)
		LOOK(IN_DONE); LOOK(IN_ROOT); LOOK(IN_HELD); LOOK(IN_RUNNING);
#else
		LOOK(IN_ROOT); LOOK(IN_HELD); LOOK(IN_RUNNING); LOOK(IN_DONE);
#endif
		looks++
	:: looks == LOOKS || seen -> break
	od;
	/* nowhere, and its id was given out: only its record was collected */
	assert(seen || place == COLLECTED || missed)
}

init { atomic { run others(); run reader() } }
