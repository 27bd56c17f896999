/* SPDX-License-Identifier: MIT
 *
 * Ids: the counter .localq/seq/N, two clients that submit, drops by hand with and without a number for a name, and the
 * worker's intake (R8); with COLLECT a record that is removed, and a counter that somebody sets back.
 */
#ifndef KILLS
#define KILLS 0
#endif
#define IDS 10
#define DROP 9                  /* whose the file is: client 1 or 2; a drop called 3.json; one called job.json */
#define JOB 8

bit twice, lost, replaced;

byte kills = KILLS;
byte root[IDS];                 /* ID.json, by whose it is; 0: no file */
bit odd = 1;                    /* job.json */
bit seq[IDS];                   /* seq/N */
byte mark;                      /* seq/collected-M; 0: none */
byte refused;                   /* drops that went to rejected/ */
bit given[IDS], dropped;
byte printed[3];
byte record;                    /* the id of the one record that can be collected; 0: none left */

#define STEP if :: kills > 0 -> kills--; goto dead :: skip fi

inline last(n) { n = IDS - 1; do :: n > 0 && !seq[n] -> n-- :: else -> break od; if :: n < mark -> n = mark :: else fi }

/* Ids.next: one rename of the counter, which one of two wins. A mark above the counter makes it jump. */
inline next_id(n, id) {
	id = 0;
	do
	:: id == 0 ->
		atomic { n = IDS - 1; do :: n > 0 && !seq[n] -> n-- :: else -> break od }
		atomic { STEP;
			if
			:: seq[n] -> seq[n] = 0; id = (n < mark -> mark + 1 : n + 1); seq[id] = 1;
				assert(!given[id] || twice); given[id] = 1
			:: else
			fi }
	:: id != 0 -> break
	od
}

proctype client(byte me) {      /* Spool.submit */
	byte n, id;
#ifdef COUNTER_ON_FIRST_USE
	atomic { last(n) }
	if :: atomic { n == 0 -> seq[1] = 1 } :: atomic { n != 0 -> skip } fi;
#endif
again:	next_id(n, id);
#ifdef PUBLISH_BY_RENAME
	atomic { STEP; assert(root[id] == 0 || replaced); root[id] = me }
#else
	atomic { STEP; if :: root[id] == 0 -> root[id] = me :: else -> goto again fi }         /* link: EEXIST, the next id */
#endif
	atomic { STEP; printed[me] = id }
dead:	skip
}

proctype person() {
end:	atomic { root[3] == 0 -> root[3] = DROP; dropped = 1 }
}

proctype intake() {             /* Intake.look, under the lock; whoever comes next begins anew */
	byte n, id, file, looks = 3;
start:	atomic { n = 0; id = 0; file = 0 }
end:	do
	:: atomic { looks > 0 && (root[1] || root[2] || root[3] || root[4]) -> looks--;
#ifdef COUNTER_FIRST
		last(n) }
		atomic { skip;
#endif
		if :: root[1] -> file = 1 :: root[2] -> file = 2 :: root[3] -> file = 3 :: root[4] -> file = 4 :: else fi }
#ifndef COUNTER_FIRST
		atomic { last(n) }
#endif
		if
		:: atomic { file > n -> skip }  /* never given out: refused, under a new id */
			next_id(n, id);
			atomic { STEP; assert(root[file] == DROP || lost); root[file] = 0; refused++ }
		:: atomic { file <= n -> skip }
		fi;
		atomic { file = 0; n = 0; id = 0 }
	:: atomic { odd -> skip }
		next_id(n, id);
#ifdef COPY_THE_DROP
		atomic { STEP; if :: root[id] == 0 -> root[id] = JOB :: else -> goto dead fi }
		atomic { STEP; odd = 0 }
#else
		atomic { STEP; if :: root[id] == 0 -> root[id] = JOB; odd = 0 :: else fi }      /* taken by a drop, which is refused at the next look */
#endif
		atomic { n = 0; id = 0 }
	od;
dead:	goto start
}

#ifdef COLLECT
/* The highest id is collected, and then the counter set back, as by a backup that is restored. */
proctype collector() {
	byte n;
again:
#if !defined(COLLECT_WITHOUT_MARK) && !defined(MARK_AFTER_REMOVAL)
	atomic { STEP; mark = record }
#endif
	atomic { STEP; n = record; record = 0 }
#ifdef MARK_AFTER_REMOVAL
	atomic { STEP; mark = n }
#endif
	goto end_gone;
dead:	if :: record != 0 -> goto again :: else fi;
end_gone: atomic { record == 0 && n != 0 && seq[2] -> seq[2] = 0; seq[1] = 1 }
}
#endif

active proctype judgement_day() {
	byte i, drops, jobs;
	timeout -> atomic {
		for (i : 0 .. IDS - 1) { if :: root[i] == JOB -> jobs++ :: root[i] == DROP -> drops++ :: else fi }
		assert(!printed[1] || root[printed[1]] == 1 || lost);           /* what was printed is there */
		assert(!printed[2] || root[printed[2]] == 2 || lost);
		assert(jobs + odd == 1 || twice);                               /* a drop becomes one job */
		assert(drops + refused == dropped || lost)
	}
}

init {
	atomic {
#ifdef COLLECT
		seq[2] = 1; given[1] = 1; given[2] = 1; record = 2;
		run collector();
#elif !defined(COUNTER_ON_FIRST_USE)
		seq[0] = 1;                     /* the spool is built aside, its counter with it, and renamed into place */
#endif
		run client(1); run client(2); run person(); run intake()
	}
}
