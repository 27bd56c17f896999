/* SPDX-License-Identifier: MIT
 *
 * Arrays: spool.TaskQueue claims, worker.ArrayJudge brings them to their end.
 *
 * One file 17.json stays in the root while a task is unclaimed. Claiming task 3 publishes running/17_3.json; with the last
 * one 17.json itself moves to running/, and to done/ with counts when all tasks have ended. What a task's own attempts do is
 * model job.pml; here a task that is claimed runs once and ends. The note running/17.claimed-N is left out: it only says where
 * to begin to look, and never more than what is on the disk.
 */
#define TASKS 3
#ifndef WORKERS
#define WORKERS 1
#endif
#ifndef KILLS
#define KILLS 0
#endif

bit twice, lost, early, unasked;

byte lock;
byte kills = KILLS;
bit root = 1, running, done;            /* 17.json */
bit marker;                             /* running/17.cancel */
bit claimed[TASKS], recorded[TASKS];    /* running/17_k.json, done/17_k.json */
bit started[TASKS], over[TASKS];        /* running/17_k.1.started, its exit token */
byte ran[TASKS];
bit asked, told;                        /* somebody cancels it; and was told that it ends */

#ifdef CANCEL_TAKES_NO_PARENT
#define CLOSED_TO_CLAIMS false
#else
#define CLOSED_TO_CLAIMS marker
#endif

#define STEP if :: kills > 0 -> kills--; goto dead :: skip fi
#define UNLOCK atomic { if :: lock == _pid -> lock = 0 :: else fi }
#define UNCLAIMED(k) (!claimed[k] && !recorded[k])
#define ANY_UNCLAIMED (UNCLAIMED(0) || UNCLAIMED(1) || UNCLAIMED(2))
#define ALL_RECORDED (recorded[0] && recorded[1] && recorded[2])
#ifdef PARENT_MOVED_EARLY               /* one too early */
#define TO_CLAIM (UNCLAIMED(0) || UNCLAIMED(1))
#else
#define TO_CLAIM ANY_UNCLAIMED
#endif
#ifdef PARENT_DONE_EARLY
#define TO_END (recorded[0] || recorded[1] || recorded[2])
#else
#define NO_CLAIM (!claimed[0] && !claimed[1] && !claimed[2])
#define TO_END ((ALL_RECORDED || marker) && NO_CLAIM)
#endif
#define WORK (root && !marker || root && running || claimed[0] && (over[0] || recorded[0] || !started[0]) || \
	claimed[1] && (over[1] || recorded[1] || !started[1]) || claimed[2] && (over[2] || recorded[2] || !started[2]) || \
	running && TO_END || done && (running || marker) || marker && root)

inline run_task(k) {                    /* the start token lets one through */
	atomic { STEP; if :: !started[k] -> started[k] = 1; ran[k]++; assert(ran[k] == 1 || twice) :: else fi }
}

inline end_task(k) {                    /* R5 */
#ifdef TASK_RECORD_LAST
	atomic { STEP; claimed[k] = 0 }
	atomic { STEP; started[k] = 0; over[k] = 0 }
	atomic { STEP; recorded[k] = 1 }
#else
	atomic { STEP; recorded[k] = 1 }
	atomic { STEP; claimed[k] = 0 }
	atomic { STEP; started[k] = 0; over[k] = 0 }
#endif
}

proctype worker() {
	byte k;
end:	do
	:: atomic { lock == 0 && WORK -> lock = _pid }
		if
		:: atomic { done -> STEP; running = 0 } atomic { STEP; marker = 0 }             /* a clean-up somebody did not end */
		:: atomic { !done && CLOSED_TO_CLAIMS && root -> STEP; root = 0; running = 1 }            /* a cancel somebody did not end */
		:: atomic { !done && root && !CLOSED_TO_CLAIMS && TO_CLAIM ->
			if :: UNCLAIMED(0) -> k = 0 :: UNCLAIMED(1) -> k = 1 :: UNCLAIMED(2) -> k = 2 fi }
#ifdef TASK_WITHOUT_LOCK
			UNLOCK;
#endif
			atomic { STEP; assert(!claimed[k] || twice); assert(!told || unasked); claimed[k] = 1 }           /* tmp, fsync, rename */
			run_task(k)
		:: atomic { !done && root && !CLOSED_TO_CLAIMS && !TO_CLAIM -> STEP; root = 0; running = 1 }      /* with the last one */
		:: atomic { !done && claimed[0] && (recorded[0] || over[0] || !started[0]) -> k = 0 } goto task
		:: atomic { !done && claimed[1] && (recorded[1] || over[1] || !started[1]) -> k = 1 } goto task
		:: atomic { !done && claimed[2] && (recorded[2] || over[2] || !started[2]) -> k = 2 }
task:			if
			:: atomic { recorded[k] -> STEP; claimed[k] = 0 } atomic { STEP; started[k] = 0; over[k] = 0 }
			:: atomic { !recorded[k] && over[k] -> skip } end_task(k)
			:: atomic { !recorded[k] && !over[k] && !started[k] && !marker -> skip } run_task(k)            /* respawn */
			:: atomic { !recorded[k] && !over[k] && !started[k] && marker -> STEP; started[k] = 1; over[k] = 1 }    /* void */
			:: atomic { !recorded[k] && !over[k] && started[k] -> skip }
			:: atomic { !claimed[k] -> skip }
			fi
		:: atomic { !done && running && !root && TO_END ->
			assert(!ANY_UNCLAIMED || marker || lost);
			assert(!claimed[0] && !claimed[1] && !claimed[2] || early);
			STEP; done = 1 }
		:: else
		fi;
dead:		UNLOCK
	od
}

proctype world() {
	byte k;
end:	do
	:: atomic { started[0] && !over[0] && claimed[0] -> over[0] = 1 }
	:: atomic { started[1] && !over[1] && claimed[1] -> over[1] = 1 }
	:: atomic { started[2] && !over[2] && claimed[2] -> over[2] = 1 }
	od
}

#ifdef CANCEL
/* Of the whole array: the marker, then the file out of everybody's reach, so that no task is claimed after it. */
proctype lcancel() {
	atomic { lock == 0 -> lock = _pid }
	if
	:: atomic { done -> goto dead }
	:: atomic { !done -> STEP; marker = 1; asked = 1 }
#ifdef CANCEL_TAKES_NO_PARENT
		atomic { STEP; told = 1 }
#else
		atomic { STEP; if :: root -> root = 0; running = 1 :: else fi; told = 1 }
#endif
	fi;
dead:	UNLOCK
}
#endif

active proctype judgement_day() {
	timeout -> atomic {
		assert(lock == 0 || lost);
		assert(done && !root && !running && !marker || lost);
		assert(!claimed[0] && !claimed[1] && !claimed[2] || lost);
		assert(ALL_RECORDED || asked || lost)
	}
}

init {
	byte i;
	atomic {
		do :: i < WORKERS -> run worker(); i++ :: else -> break od;
		run world();
#ifdef CANCEL
		run lcancel();
#endif
	}
}
