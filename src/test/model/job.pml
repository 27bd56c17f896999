/* SPDX-License-Identifier: MIT
 *
 * One job's way from the root to its record: claim, start, respawn, void, requeue, retry, time limit, finish, cancel,
 * hold, collect; with workers, lcancel, lctl and shims that are killed between any two steps, and with power cuts.
 *
 * The inlines bear the names of the methods they stand for. An atomic block is what nothing can come between: one file
 * operation, or one look. Every block that changes something begins with STEP: the process can die there instead.
 *
 * Set per scenario (file scenarios): how many of what, and at most one rule that is taken back (NO_..., ..._FIRST, ...).
 */
#ifndef JOBS
#define JOBS 1
#endif
#ifndef ATTEMPTS                /* per job; one more than can be closed within the budgets, which is asserted */
#define ATTEMPTS 3
#endif
#ifndef WORKERS
#define WORKERS 1
#endif
#ifndef LCANCELS
#define LCANCELS 0
#endif
#ifndef KILLS                   /* kill -9 of a worker, lcancel or shim; also a spawn or a fork that is refused */
#define KILLS 0
#endif
#ifndef CUTS                    /* power cuts, each followed by a boot */
#define CUTS 0
#endif
#ifndef HASTE                   /* shims that are taken for dead though they are only slow */
#define HASTE 0
#endif
#ifndef MISSES                  /* looks at the processes that miss one which is just forking */
#define MISSES 0
#endif
#ifndef GLANCES                 /* looks at a job of which there is nothing to do */
#define GLANCES 0
#endif
#ifndef HOLDS                   /* of lctl hold and lctl release */
#define HOLDS 0
#endif
#ifndef WISHES                  /* of lctl requeue */
#define WISHES 0
#endif
#ifndef RETRIES                 /* --retry; where it is 0, how a command ends does not matter */
#define RETRIES 0
#endif

/* What an assertion that fails is called in scenarios: never set, so that `x || twice` is x with a name. */
bit twice, again, late, limit, alive, real, unasked, promise, lost, stray, hasty, unheard, unknown, guess, closed, budget, fewer;

/* ------------------------------------------------------------------------------------------------ the disk ---- */

#define NONE 0                  /* a start token: none; */
#define EMPTY 1                 /* made by a shim that has not come to the command; */
#define SHIM 2                  /* "PID TICKS"; */
#define VOID 3                  /* a hard link of .localq/void */

#define FRESH 1                 /* K.term, and every memory of a TERM: since then the grace has not elapsed, */
#define OLD 2                   /* or it has */

typedef Files {
	bit root, held, running, done;                  /* where ID.json is */
	bit marker;                                     /* ID.cancel */
	byte script[ATTEMPTS];                            /* K.run-BOOT: 1 + that boot; 0 = no file */
	byte start[ATTEMPTS];                           /* K.started */
	byte exit[ATTEMPTS];                            /* K.exit-CODE: SUCCESS, FAILURE */
	bit requeued[ATTEMPTS];                         /* K.requeued */
	byte term[ATTEMPTS];                            /* K.term */
	bit again[ATTEMPTS];                            /* K.requeue: somebody wants another attempt */
	bit timedout[ATTEMPTS]                          /* K.timeout */
}

#define SUCCESS 1
#define FAILURE 2

Files f[JOBS];                  /* as every process sees it */
#if CUTS
Files disk[JOBS];               /* as it is after a power cut, if nothing of what was not fsynced has come through */
#endif

#define CLOSED(j, k) (f[j].requeued[k] || f[j].start[k] == VOID)
#ifdef HIGHEST_ATTEMPT
#define USED(j, k) (f[j].script[k] || f[j].start[k] || f[j].requeued[k])
#define CURRENT(j) (USED(j, 2) -> 2 : (USED(j, 1) -> 1 : 0))
#else
#define CURRENT(j) (!CLOSED(j, 0) -> 0 : (ATTEMPTS == 1 || !CLOSED(j, 1 % ATTEMPTS) -> 1 % ATTEMPTS : 2 % ATTEMPTS))      /* R2 */
#endif
#define WANTED(j) (f[j].root || f[j].held)
#define TOKEN(j, k) (f[j].script[k] || f[j].start[k] || f[j].exit[k] || f[j].requeued[k] || f[j].term[k] || f[j].again[k] || f[j].timedout[k])
#define MENTIONED(j) (f[j].marker || TOKEN(j, 0) || TOKEN(j, 1 % ATTEMPTS) || TOKEN(j, 2 % ATTEMPTS))

inline fsync_running(j) {
#if CUTS
	d_step {
		disk[j].running = f[j].running; disk[j].marker = f[j].marker;
		for (z : 0 .. ATTEMPTS - 1) {
			disk[j].script[z] = f[j].script[z]; disk[j].start[z] = f[j].start[z]; disk[j].exit[z] = f[j].exit[z];
			disk[j].requeued[z] = f[j].requeued[z]; disk[j].again[z] = f[j].again[z]; disk[j].timedout[z] = f[j].timedout[z]
		}
		z = 0
	}
#else
	skip
#endif
}
#if CUTS
#define FSYNC(directory) disk[j].directory = f[j].directory
#else
#define FSYNC(directory) skip
#endif

/* ------------------------------------------------------------------------------------------- the processes ---- */

#define NA (JOBS * ATTEMPTS)
#define A(j, k) ((j) * ATTEMPTS + (k))

byte lock;                      /* .localq/lock: who holds it; the kernel frees it when that process dies */
byte boot;
byte kills = KILLS, haste = HASTE, glances = GLANCES, misses = MISSES, cuts = CUTS;
byte coming[NA];                /* shims on their way to the start token */
bit shim_alive[NA];             /* the shim that made it, */
byte leader[NA];                /* and which one that is */
byte command[NA];               /* its subshell: SUBSHELL, and once it has exec'ed COMMAND */
#define SUBSHELL 1
#define COMMAND 2
bit child[NA];                  /* what the command leaves behind */
bit stubborn;                   /* neither ends by itself or by TERM */

/* What happened, for the properties; no process looks at it. */
bit ran[NA], killed[NA];
byte termed[NA];                /* TERM was sent: FRESH, OLD */
byte recorded[JOBS];
bit asked[JOBS], told[JOBS], wish[JOBS], collected[JOBS];
bit dismissed[JOBS];            /* lcancel said that it had ended */
bit onhold[JOBS];               /* lctl hold said that it is on hold */
byte tried[JOBS];               /* the highest number under which it was claimed */
byte former[JOBS];              /* what its record was before it was put back; */
byte reopened[JOBS];            /* 1 + the attempt that was to follow, once lctl requeue had said so */
bit wanted[NA], kept[NA];       /* another attempt was asked for; and lctl requeue has answered */
bit over[NA], timed[NA];        /* it has run for as long as it may; and was sent TERM for it */
bit failed[NA];                 /* its exit code is a failure's */

#define EXIT 1                  /* kinds of records */
#define CANCELLED 2
#define NODE_FAIL 3
#define SHIM_LOST 4
#define TIMEOUT 5

/* Why another attempt follows this one: it never ran; --requeue; lctl requeue; --retry. */
#define REASON(j, k) (!ran[A(j, k)] || wish[j] && (boot > 0 || killed[A(j, k)]) || wanted[A(j, k)] || failed[A(j, k)] && !timed[A(j, k)])
#define HAS_RUN(j, k) ((k) < ATTEMPTS && ran[A(j, (k) % ATTEMPTS)])
#define FOLLOWS(j, k) ((k < 1 || REASON(j, 0)) && (k < 2 || REASON(j, 1 % ATTEMPTS)) && !HAS_RUN(j, k + 1) && !HAS_RUN(j, k + 2))

#define BUSY(a) (command[a] || child[a])
#define ANY(x, j) (x[A(j, 0)] || x[A(j, 1 % ATTEMPTS)] || x[A(j, 2 % ATTEMPTS)])
#define LIVE(j) (command[A(j, 0)] == COMMAND || command[A(j, 1 % ATTEMPTS)] == COMMAND || command[A(j, 2 % ATTEMPTS)] == COMMAND || ANY(child, j))
#define GONE 0
#define SHIM_ONLY 1
#define ALIVE 2
#ifdef LEFT_BEHIND_IS_NOT_COUNTED
#define PRESENCE(a) (command[a] -> ALIVE : (shim_alive[a] -> SHIM_ONLY : GONE))
#elif defined(GONE_WITH_ITS_SHIM)
#define PRESENCE(a) (!shim_alive[a] -> GONE : (BUSY(a) -> ALIVE : SHIM_ONLY))
#else
#define PRESENCE(a) (BUSY(a) -> ALIVE : (shim_alive[a] -> SHIM_ONLY : GONE))
#endif

#define STEP if :: boot != born -> goto dead :: boot == born && kills > 0 -> kills--; goto dead :: boot == born -> skip fi
#define UNLOCK atomic { if :: lock == _pid && boot == born -> lock = 0 :: else fi }

#define UP (shim_alive[a] && leader[a] == _pid)
#define SUB (command[a] && leader[a] == _pid)

/* shim.sh; its subshell goes on when it is killed */
proctype shim(byte j, k, born) {
	byte a;
	atomic {        /* set -C: one shim of an attempt makes its start token; it may come arbitrarily late */
		a = A(j, k);
		if
		:: boot != born -> goto gone
		:: boot == born && kills > 0 -> kills--; coming[a]--; goto gone
		:: boot == born && f[j].start[k] != NONE -> coming[a]--; goto gone
		:: boot == born && f[j].start[k] == NONE && !command[a] && !shim_alive[a] ->    /* two late ones come one by one */
			coming[a]--; shim_alive[a] = 1; leader[a] = _pid;
#ifdef CONTENT_BEFORE_FORK
			f[j].start[k] = SHIM
#else
			f[j].start[k] = EMPTY
#endif
		fi
	}
	atomic {        /* [ -r run ], and the fork */
		if
		:: boot != born -> goto gone
		:: boot == born && !UP -> goto gone                          /* killed as one that is stuck */
		:: boot == born && UP && kills > 0 -> kills--; goto dead     /* killed, or the fork is refused */
		:: boot == born && UP && f[j].script[k] == 0 -> goto dead
		:: boot == born && UP && f[j].script[k] != 0 -> command[a] = SUBSHELL
		fi
	}
	atomic {        /* its content */
		if
		:: boot != born -> goto gone
		:: boot == born && !SUB -> goto ended
		:: boot == born && SUB && UP && kills > 0 -> kills--; killed[a] = 1; shim_alive[a] = 0
		:: boot == born && SUB -> skip
		fi;
		if :: f[j].start[k] == EMPTY -> f[j].start[k] = SHIM :: else fi
	}
	atomic {        /* is_over (R4) */
		if
		:: boot != born -> goto gone
		:: boot == born && !SUB -> goto ended
#ifdef NO_LOOK_AFTER_TOKEN
		:: boot == born && SUB -> skip
#else
		:: boot == born && SUB && (!f[j].running || f[j].requeued[k]) -> command[a] = 0; goto dead
		:: boot == born && SUB && f[j].running && !f[j].requeued[k] -> skip
#endif
		fi
	}
	atomic {        /* exec */
		if
		:: boot != born -> goto gone
		:: boot == born && !SUB -> goto ended
		:: boot == born && SUB -> skip
		fi;
		assert(!ran[a] || twice);                                       /* at most once an attempt */
		assert(FOLLOWS(j, k) || again);                                 /* a new one only if none ran, or on demand */
		assert(!recorded[j] || late);
		assert(!dismissed[j] && !onhold[j] || promise);
		assert(!LIVE(j) && !LIVE(JOBS - 1 - j) || limit);               /* limit 1, one core each */
		ran[a] = 1; command[a] = COMMAND
	}
	if
	:: atomic { boot == born && SUB && UP && kills > 0 -> kills--; killed[a] = 1; shim_alive[a] = 0 }
	:: atomic { boot != born || !SUB -> skip }
	fi;
ended:	atomic {        /* wait, [ -s started ], is_over again, and the exit token */
		if
		:: boot != born || !SUB && !UP -> goto gone
		:: boot == born && !SUB && UP && kills > 0 -> kills--; killed[a] = 1; shim_alive[a] = 0; goto gone
		:: boot == born && !SUB && UP -> skip
		fi;
		if
		:: f[j].start[k] == SHIM && f[j].running && !f[j].requeued[k] -> f[j].exit[k] = SUCCESS
#if RETRIES
		:: f[j].start[k] == SHIM && f[j].running && !f[j].requeued[k] -> f[j].exit[k] = FAILURE; failed[a] = 1
#endif
		:: else -> skip
		fi
	}
dead:	atomic { if :: boot == born && leader[a] == _pid -> shim_alive[a] = 0 :: else fi }
gone:	skip
}

/* -------------------------------------------------------------------- the transitions, as in spool.Locked ---- */

inline secure_claim(j) {        /* before any spawn: the job would be pending again while its command ran */
#ifdef CLAIM_NOT_FSYNCED
	skip
#else
	atomic { STEP; fsync_running(j) }
	atomic { STEP; FSYNC(root); FSYNC(held) }
#endif
}

inline spawn(j, k) {            /* engine.start; what is refused leaves the claim as it is */
	atomic { STEP; if :: coming[A(j, k)]++; run shim(j, k, born) :: kills > 0 -> kills-- fi }
}

inline move_to_running(j) {      /* from the root, or from held/ */
	atomic { STEP; if :: f[j].root -> f[j].root = 0 :: else -> f[j].held = 0 fi; f[j].running = 1 }
	secure_claim(j)
}

inline respawn(j, k) {          /* whoever claimed it may have died before it was on the disk */
#ifndef RESPAWN_NOT_FSYNCED
	secure_claim(j);
#endif
	spawn(j, k)
}

inline claim(j, k) {
	atomic { STEP; k = CURRENT(j); assert(!CLOSED(j, k) || closed); f[j].script[k] = boot + 1;
		if :: k >= tried[j] -> tried[j] = k + 1 :: else fi }
	if
	:: atomic { f[j].root -> skip } move_to_running(j); spawn(j, k)
	:: atomic { !f[j].root -> STEP; f[j].script[k] = 0 }              /* RACE: gone meanwhile; only where somebody moves without the lock */
	fi
}

inline withdraw(j) {
	if
	:: atomic { WANTED(j) -> skip } move_to_running(j)
	:: atomic { !WANTED(j) -> skip }
	fi
}

inline mark_cancelled(j) {
	atomic { STEP; f[j].marker = 1; asked[j] = 1 }
#ifndef MARKER_NOT_FSYNCED
	atomic { STEP; fsync_running(j) }
#endif
}

inline mark_to_requeue(j, k) {
	atomic { STEP; f[j].again[k] = 1; wanted[A(j, k)] = 1 }
#ifndef WISH_NOT_FSYNCED
	atomic { STEP; fsync_running(j) }
#endif
}

inline mark_timed_out(j, k) {
#ifndef TIMEOUT_NOT_MARKED
	atomic { STEP; f[j].timedout[k] = 1 }
#ifndef TIMEOUT_NOT_FSYNCED
	atomic { STEP; fsync_running(j) }
#endif
#else
	skip
#endif
}

inline void_attempt(j, k) {
#ifdef VOID_IN_TWO_STEPS
	atomic { STEP; if :: f[j].start[k] == NONE -> f[j].start[k] = EMPTY :: else -> goto done_judging fi }
	atomic { STEP; f[j].start[k] = VOID }
#elif defined(VOID_REPLACES)
	atomic { STEP; f[j].start[k] = VOID }
#else
	atomic { STEP; if :: f[j].start[k] == NONE -> f[j].start[k] = VOID :: else fi }        /* R3 */
#endif
}

inline put_back(j) {
#ifndef CLOSED_NOT_FSYNCED
	atomic { STEP; fsync_running(j) }
#endif
	atomic { STEP; f[j].running = 0; f[j].root = 1 }
	atomic { STEP; FSYNC(root) }
	atomic { STEP; fsync_running(j) }
}

inline close_attempt(j, k) {    /* requeue, then putBack */
#ifdef BACK_BEFORE_CLOSED
	put_back(j);
	atomic { STEP; f[j].requeued[k] = 1 }
#else
	atomic { STEP; f[j].requeued[k] = 1 }
	put_back(j)
#endif
}

inline remove_claim(j) { atomic { STEP; f[j].running = 0 } }

inline remove_tokens(j) {
	atomic { STEP; for (z : 0 .. ATTEMPTS - 1) { f[j].start[z] = NONE } z = 0 }
	atomic { STEP; f[j].marker = 0;
		for (z : 0 .. ATTEMPTS - 1) { f[j].script[z] = 0; f[j].exit[z] = 0; f[j].requeued[z] = 0; f[j].term[z] = 0;
			f[j].again[z] = 0; f[j].timedout[z] = 0 } z = 0 }
}

inline remove(j) {
#ifdef TOKENS_BEFORE_CLAIM
	remove_tokens(j); remove_claim(j)
#else
	remove_claim(j); remove_tokens(j)               /* R5 */
#endif
}

/* Claim.failures: of those that were followed by another, how many had failed, and not because another was asked for. */
#ifdef WISH_IS_A_FAILURE
#define FAILED(j, e) (f[j].requeued[e] && f[j].exit[e] == FAILURE)
#else
#define FAILED(j, e) (f[j].requeued[e] && f[j].exit[e] == FAILURE && !f[j].again[e])
#endif
#define FAILURES(j) (FAILED(j, 0) + (ATTEMPTS > 1 && FAILED(j, 1 % ATTEMPTS)))
#define OWN(j, e) (f[j].requeued[e] && failed[A(j, e)] && !wanted[A(j, e)])
#define RETRIED(j, k) (RETRIES > 0 && f[j].exit[k] == FAILURE && !f[j].timedout[k] && FAILURES(j) < RETRIES)

/* A late shim's subshell that finds its attempt closed comes to no command. */
#define HOLDS_CORE(j, e) (command[A(j, e)] == COMMAND || child[A(j, e)] || command[A(j, e)] == SUBSHELL && !f[j].requeued[e])

/* The record; what it says is judged here. */
inline publish(j, k, kind) {
	atomic { STEP;
		assert(!recorded[j] || real);                           /* one record */
		assert(!HOLDS_CORE(j, 0) && !HOLDS_CORE(j, 1 % ATTEMPTS) && !HOLDS_CORE(j, 2 % ATTEMPTS) || alive);    /* it frees them */
		if
		:: kind == EXIT -> assert(f[j].exit[k] && (ran[A(j, k)] || termed[A(j, k)]) || real)
		:: kind == CANCELLED -> assert(asked[j] || unasked)     /* asked for while it had not ended */
		:: kind == TIMEOUT -> assert(over[A(j, k)] || unasked)
		:: kind == NODE_FAIL -> assert(boot > 0 && !f[j].exit[k] || real)
		:: kind == SHIM_LOST -> assert(!f[j].exit[k] || real);
			assert(killed[A(j, k)] || guess)                /* it may have run */
		fi;
		assert(!told[j] || kind == CANCELLED || promise);
		assert(kind == CANCELLED || !kept[A(j, k)] || promise);
		assert(kind == CANCELLED || kind == TIMEOUT || !timed[A(j, k)] || real);
#if RETRIES
		assert(kind != EXIT || f[j].exit[k] == SUCCESS || OWN(j, 0) + OWN(j, 1 % ATTEMPTS) >= RETRIES || fewer);
#endif
		f[j].done = 1; recorded[j] = kind }
	atomic { STEP; FSYNC(done) }
}

inline finish(j, k, kind) {
#ifdef CLAIM_BEFORE_RECORD
	remove_claim(j); publish(j, k, kind); remove_tokens(j)
#else
	publish(j, k, kind); remove(j)
#endif
}

inline clean_up(j) {
#ifndef NO_FSYNC_BEFORE_CLEAN_UP
	atomic { STEP; FSYNC(done) }
#endif
	remove(j)
}

#ifdef LIMITED                  /* the job has a time limit */
#define LIMIT true
#else
#define LIMIT false
#endif
#define IS_OVER(a) (LIMIT && over[a])

/* ------------------------------------------------------------ the judgement, as in worker.Round and core.Verdict ---- */

#define V_WAIT 0
#define V_RESPAWN 1
#define V_VOID 2
#define V_PUT_BACK 3
#define V_CLOSE 4
#define V_TERM 5
#define V_KILL 6
#define V_KILL_SHIM 7
#define V_EXIT 8
#define V_CANCELLED 9
#define V_NODE_FAIL 10
#define V_SHIM_LOST 11
#define V_CLEAN_UP 12
#define V_TIMEOUT 13
#define V_TIME_OUT 14

inline look(seen, a) {
	if
	:: seen = PRESENCE(a)
	:: misses > 0 && BUSY(a) && !shim_alive[a] -> misses--; seen = GONE     /* it forked while /proc was read */
	fi
}

#if CUTS
#define OF_THIS_BOOT(j, k) (f[j].script[k] == 0 || f[j].script[k] == boot + 1)
#else
#define OF_THIS_BOOT(j, k) true
#endif

#ifdef KILL_AT_ONCE
#define GRACE_OVER(sent) (sent != NONE)
#elif defined(NO_KILL)
#define GRACE_OVER(sent) false
#else
#define GRACE_OVER(sent) (sent == OLD)
#endif

#ifdef EXIT_BEFORE_PROCESSES
#define EXIT_SEEN ended
#else
#define EXIT_SEEN f[j].exit[k]
#endif

/* What one process remembers of the TERM it sent, should K.term not be writable. */
#ifdef ENDING
byte memory[WORKERS + LCANCELS + 3];
#define SENT memory[_pid]
#define STUCK (kills == 0)      /* a shim that is stopped for good is killed in the end; here: when all else has gone wrong */
#else
#define SENT NONE
#define STUCK false
#endif

#define TO_END(j, k) (f[j].marker || f[j].again[k] || f[j].timedout[k])
#ifdef TIMEOUT_BEFORE_WISH
#define ENDED(exit, unknown) (f[j].marker -> V_CANCELLED : (f[j].timedout[k] -> V_TIMEOUT : (f[j].again[k] -> V_CLOSE : (exit -> (RETRIED(j, k) -> V_CLOSE : V_EXIT) : unknown))))
#else
#define ENDED(exit, unknown) (f[j].marker -> V_CANCELLED : (f[j].again[k] -> V_CLOSE : (f[j].timedout[k] -> V_TIMEOUT : (exit -> (RETRIED(j, k) -> V_CLOSE : V_EXIT) : unknown))))
#endif
#ifdef REQUEUE                  /* --requeue, of a job that asked for it; Recording.record */
#define UNKNOWN(verdict) (wish[j] -> V_CLOSE : verdict)
#else
#define UNKNOWN(verdict) verdict
#endif

inline decide(j, k, a) {        /* core.Verdict.of, and Recording.record: what is run again is V_CLOSE */
	if
	:: f[j].script[k] == 0 && f[j].start[k] == NONE ->
		verdict = (f[j].marker -> V_CANCELLED : V_PUT_BACK)
	:: !(f[j].script[k] == 0 && f[j].start[k] == NONE) && !OF_THIS_BOOT(j, k) ->
		verdict = ENDED(f[j].exit[k], UNKNOWN(V_NODE_FAIL));
#ifdef NO_TOKEN_NEVER_STARTED
		if :: verdict == V_NODE_FAIL && f[j].start[k] == NONE -> verdict = V_CLOSE :: else fi;
#endif
#ifdef OTHER_BOOT_IS_SPAWNED
		if :: verdict == V_NODE_FAIL && f[j].start[k] == NONE -> verdict = V_RESPAWN :: else fi;
#endif
		skip
	:: f[j].script[k] != 0 && OF_THIS_BOOT(j, k) && f[j].start[k] == NONE ->
		if
		:: f[j].marker -> verdict = V_VOID
		:: !f[j].marker && coming[a] == 0 -> verdict = V_RESPAWN
		:: !f[j].marker && coming[a] > 0 && haste > 0 -> haste--; verdict = V_RESPAWN
		:: !f[j].marker && coming[a] > 0 && haste == 0 -> verdict = V_WAIT
		fi
	:: OF_THIS_BOOT(j, k) && f[j].start[k] != NONE && seen == GONE ->
		verdict = ENDED(EXIT_SEEN, (f[j].start[k] == SHIM -> UNKNOWN(V_SHIM_LOST) : V_CLOSE))
	:: OF_THIS_BOOT(j, k) && f[j].start[k] != NONE && seen == ALIVE && (f[j].exit[k] || TO_END(j, k)) ->
		verdict = (GRACE_OVER(f[j].term[k]) || GRACE_OVER(SENT) -> V_KILL : (f[j].term[k] || SENT -> V_WAIT : V_TERM))
	:: OF_THIS_BOOT(j, k) && f[j].start[k] != NONE && seen == SHIM_ONLY && TO_END(j, k) && STUCK ->
		verdict = V_KILL_SHIM
	:: else -> verdict = V_WAIT
	fi
}
#define GUESS (verdict == V_SHIM_LOST || verdict == V_TIMEOUT || verdict == V_CLOSE || verdict == V_EXIT || verdict == V_CANCELLED)

inline send_term(j, k, a) {
#ifdef MARK_BEFORE_TERM
	atomic { STEP; f[j].term[k] = FRESH }
#endif
#ifdef SIGNAL_AFTER_UNLOCK
	UNLOCK;
#endif
	atomic { STEP; assert(!recorded[j] || stray);
		if :: termed[a] == NONE -> termed[a] = FRESH :: else fi;
#ifdef LIMITED
		if :: f[j].timedout[k] && !f[j].exit[k] && !f[j].again[k] && !f[j].marker -> timed[a] = 1 :: else fi;
#endif
#ifdef ENDING
		memory[_pid] = FRESH
#endif
	}
#ifndef MARK_BEFORE_TERM
	atomic { STEP; f[j].term[k] = FRESH }
#endif
}

inline kill(j, a) {
	atomic { STEP; assert(!recorded[j] || stray);
		assert(termed[a] != NONE || unheard);            /* never without a TERM */
		assert(termed[a] == OLD || hasty);              /* and a grace after it */
		command[a] = 0; child[a] = 0
	}
}

#define HAS_NOT_MOVED (f[j].start[k] == start && !(seen != GONE && f[j].exit[k] && !ended))       /* Round.hasMoved */

#ifdef HIGHEST_ATTEMPT
#define IN_BUDGET(j, k) skip
#else
#define IN_BUDGET(j, k) assert(k < ATTEMPTS && !CLOSED(j, k) || budget)
#endif

inline judge(j, k, a) {
	atomic { k = CURRENT(j); IN_BUDGET(j, k); a = A(j, k);
		start = f[j].start[k]; ended = (f[j].exit[k] != 0) }
	atomic { if :: start != NONE -> look(seen, a) :: else -> seen = GONE fi }       /* R6: processes first, */
	atomic {                                                                        /* tokens second */
		if
		:: f[j].done -> verdict = V_CLEAN_UP
#ifndef NO_COMPARISON
		:: !f[j].done && !HAS_NOT_MOVED -> verdict = V_WAIT
#endif
#ifdef LIMITED
		:: !f[j].done && HAS_NOT_MOVED && start != NONE && OF_THIS_BOOT(j, k) && over[a] && !f[j].exit[k] && !TO_END(j, k) ->
			verdict = V_TIME_OUT                                    /* TimeLimits.enforce; what follows, in the next round */
#endif
		:: else -> decide(j, k, a)
		fi
	}
#ifndef NO_SECOND_LOOK
	atomic { if
		:: GUESS && OF_THIS_BOOT(j, k) && f[j].start[k] != NONE -> look(seen, a); if :: seen != GONE -> verdict = V_WAIT :: else fi
		:: else fi }
#endif
	if
	:: atomic { verdict == V_WAIT -> skip }
	:: atomic { verdict == V_CLEAN_UP -> skip } clean_up(j)
	:: atomic { verdict == V_RESPAWN -> skip } respawn(j, k)
	:: atomic { verdict == V_VOID -> skip } void_attempt(j, k)
	:: atomic { verdict == V_PUT_BACK -> skip } put_back(j)
	:: atomic { verdict == V_CLOSE -> skip } close_attempt(j, k)
	:: atomic { verdict == V_TERM -> skip } send_term(j, k, a)
	:: atomic { verdict == V_KILL -> skip } kill(j, a)
	:: atomic { verdict == V_KILL_SHIM -> STEP; shim_alive[a] = 0; killed[a] = 1 }
	:: atomic { verdict == V_EXIT -> kind = EXIT } finish(j, k, kind)
	:: atomic { verdict == V_CANCELLED -> kind = CANCELLED } finish(j, k, kind)
	:: atomic { verdict == V_TIMEOUT -> kind = TIMEOUT } finish(j, k, kind)
	:: atomic { verdict == V_TIME_OUT -> skip } mark_timed_out(j, k)
	:: atomic { verdict == V_NODE_FAIL -> kind = NODE_FAIL } finish(j, k, kind)
	:: atomic { verdict == V_SHIM_LOST -> kind = SHIM_LOST } finish(j, k, kind)
	fi;
done_judging: skip
}

/* ----------------------------------------------------------------------------------------------- the actors ---- */

/* Whether there is anything to do about a job; so that a run that does nothing does not count as one that goes on for ever. */
#define K(j) CURRENT(j)
#define ACT(j) (f[j].running && !f[j].done && ( \
	f[j].script[K(j)] == 0 && f[j].start[K(j)] == NONE || !OF_THIS_BOOT(j, K(j)) || \
	f[j].start[K(j)] == NONE && (f[j].marker || coming[A(j, K(j))] == 0 || haste > 0) || \
	f[j].start[K(j)] != NONE && (PRESENCE(A(j, K(j))) == GONE || misses > 0 && !shim_alive[A(j, K(j))]) || \
	IS_OVER(A(j, K(j))) && OF_THIS_BOOT(j, K(j)) && f[j].start[K(j)] != NONE && !f[j].exit[K(j)] && !TO_END(j, K(j)) || \
	(f[j].exit[K(j)] || TO_END(j, K(j))) && PRESENCE(A(j, K(j))) == ALIVE && (f[j].term[K(j)] == NONE && SENT == NONE || GRACE_OVER(f[j].term[K(j)]) || GRACE_OVER(SENT)) || \
	TO_END(j, K(j)) && PRESENCE(A(j, K(j))) == SHIM_ONLY && STUCK))
#ifdef TIDY_FORGETS_HELD
#define NEEDED(j) f[j].root
#else
#define NEEDED(j) WANTED(j)
#endif
#define TIDY(j) (!f[j].running && (f[j].done || !NEEDED(j)) && MENTIONED(j) || f[j].running && f[j].done)
#define TWIN(j) (f[j].root && (f[j].done || f[j].running || f[j].held) && !ACT(j))      /* one on hold too: Locked.dropTwinOfHeld */
#if JOBS == 2
#define FITS(j) (!f[j].running && !f[1 - j].running)
#else
#define FITS(j) (!f[j].running)
#endif
#define CLAIM(j) (f[j].root && !f[j].held && !f[j].done && FITS(j) && !f[j].marker)
#define WISH(j) (WANTED(j) && !f[j].running && !f[j].done && f[j].marker)
#define GLANCE(j) (glances > 0 && f[j].running && !f[j].done)
#define WORK(j) (GLANCE(j) || ACT(j) || TIDY(j) || TWIN(j) || CLAIM(j) || WISH(j))

#if GLANCES
#define USE_GLANCE(j) if :: GLANCE(j) && !ACT(j) -> glances-- :: else fi
#else
#define USE_GLANCE(j) skip
#endif

#ifdef NO_LOCK_FOR_JUDGE
#define LOCK_FOR_JUDGE if :: lock == _pid -> lock = 0 :: else fi
#else
#define LOCK_FOR_JUDGE skip
#endif
#ifdef NO_LOCK_FOR_CLAIM
#define LOCK_FOR_CLAIM if :: lock == _pid -> lock = 0 :: else fi
#else
#define LOCK_FOR_CLAIM skip
#endif

/* Worker.tidy: isWanted is two looks */
inline tidy(j) {
	atomic { ended = f[j].root }
	atomic { ended = ended ||
#ifdef TIDY_FORGETS_HELD
		false }
#else
		f[j].held }
#endif
	if
	:: atomic { ended || !MENTIONED(j) -> skip }
	:: atomic { !ended && MENTIONED(j) ->
#if HOLDS
		assert(!WANTED(j) || lost);
#endif
		skip } clean_up(j)
	fi;
	atomic { ended = 0 }
}

proctype worker() {             /* worker.Worker.tick, one job a tick */
	byte j, k, a, z, born, start, seen, verdict, kind; bit ended;
up:	atomic { born = boot; j = 0; k = 0; a = 0; z = 0; start = 0; seen = 0; verdict = 0; kind = 0; ended = 0;
#ifdef ENDING
		memory[_pid] = NONE
#endif
	}
end:	do
	:: if
	   :: atomic { boot != born -> goto dead }
	   :: atomic { boot == born && lock == 0 && WORK(0) -> lock = _pid; j = 0; USE_GLANCE(0) }
#if JOBS == 2
	   :: atomic { boot == born && lock == 0 && WORK(1) -> lock = _pid; j = 1; USE_GLANCE(1) }
#endif
	   fi;
	   if
	   :: atomic { f[j].running -> LOCK_FOR_JUDGE } judge(j, k, a)
	   :: atomic { !f[j].running && MENTIONED(j) && !(f[j].marker && WANTED(j)) && !CLAIM(j) -> skip } tidy(j)
	   :: atomic { !f[j].running && f[j].marker && WANTED(j) -> skip } withdraw(j)
	   :: atomic { CLAIM(j) -> LOCK_FOR_CLAIM }
#if HOLDS
		tidy(j);
#endif
		claim(j, k)
	   :: else
	   fi;
	   atomic { if :: TWIN(j) -> STEP; f[j].root = 0 :: else fi }      /* Intake refuses what has a twin: to rejected/ */
	   UNLOCK;
	   atomic { k = 0; a = 0; start = 0; seen = 0; verdict = 0; kind = 0; ended = 0 }
	od;
dead:	UNLOCK;
#ifdef MORTAL
	if :: boot == born -> goto gone :: else fi;     /* nobody starts another */
#endif
	goto up;
gone:	skip
}

/* Claim.isToBeFollowed */
#ifdef CANCEL_FORGETS_RETRY
#define FOLLOWED(j, k) false
#else
#define FOLLOWED(j, k) (f[j].again[k] || RETRIED(j, k))
#endif

proctype lcancel() {            /* worker.Cancellation, of any job in any state */
	byte j, k, a, z, born, start, seen, verdict, kind, n; bit ended;
	atomic { born = boot; if :: j = 0 :: JOBS == 2 -> j = JOBS - 1 fi }
#ifdef NO_LOCK_FOR_CANCEL
	skip;
#else
	atomic { boot != born || lock == 0 -> if :: boot != born -> goto dead :: else -> lock = _pid fi }
#endif
	if
	:: atomic { f[j].done || collected[j] -> goto dead }                    /* had already ended */
	:: atomic { !f[j].done && !collected[j] && f[j].running -> k = CURRENT(j);
#ifdef CANCEL_WITHOUT_LOOK
		asked[j] = asked[j] || !f[j].exit[k]; STEP; f[j].marker = 1 }
		atomic { STEP; fsync_running(j) }
#else
		if
		:: f[j].exit[k] && !f[j].marker && !FOLLOWED(j, k) -> dismissed[j] = 1; goto dead
		:: else
		fi }
		mark_cancelled(j);
#endif
	:: atomic { !f[j].done && !collected[j] && !f[j].running && f[j].root -> goto pending }
	:: atomic { !f[j].done && !collected[j] && !f[j].running && !f[j].root -> skip }
		atomic { if :: f[j].held -> goto pending :: else -> assert(!WANTED(j) && !f[j].running || unknown); goto dead fi }
pending:
#ifdef CLAIM_BEFORE_MARKER
		withdraw(j);
		mark_cancelled(j)
#else
		mark_cancelled(j);
		withdraw(j)
#endif
	fi;
	do
	:: atomic { n < 3 && f[j].running && !f[j].done -> n++ } judge(j, k, a)         /* settle */
	:: atomic { n == 3 || !f[j].running || f[j].done -> break }
	od;
	atomic { STEP; told[j] = 1 }
#ifdef MORTAL
	UNLOCK;
	do                      /* pursue: perhaps no worker is alive, and it stays until the end */
	:: atomic { boot != born -> goto dead }
	:: atomic { boot == born && lock == 0 && (ACT(j) || TIDY(j)) -> lock = _pid } judge(j, k, a); UNLOCK
	:: atomic { boot == born && !f[j].running -> goto dead }
	od;
#endif
dead:	UNLOCK
}

#if WISHES
proctype lctl() {               /* worker.Requeueing, of a job that runs */
	byte j, k, a, z, born, start, seen, verdict, kind; bit ended;
	atomic { born = boot }
	atomic { boot != born || lock == 0 -> if :: boot != born -> goto dead :: else -> lock = _pid fi }
	if
	:: atomic { f[j].running && !f[j].done -> k = CURRENT(j); if :: f[j].exit[k] || f[j].marker -> goto dead :: else fi }
		mark_to_requeue(j, k);
		judge(j, k, a);
		atomic { STEP; kept[A(j, k)] = 1 }
	:: atomic { !f[j].running || f[j].done -> skip }
	fi;
dead:	UNLOCK
}
#endif

#if HOLDS
/* spool.Holding: a rename under the lock, and the place where it is now forced to the disk first. */
#ifdef NO_LOCK_FOR_HOLD
#define LOCK_FOR_HOLD skip
#else
#define LOCK_FOR_HOLD atomic { boot != born || lock == 0 -> if :: boot != born -> goto dead :: else -> lock = _pid fi }
#endif
#ifdef HOLD_NOT_FSYNCED
#define FORCE(to, from) skip
#else
#define FORCE(to, from) atomic { STEP; FSYNC(to) } atomic { STEP; FSYNC(from) }
#endif
proctype holder() {             /* lctl hold and lctl release in turn; at last it is released, so that the run can end */
	byte n, born, j;
begin:	atomic { born = boot }
	do
	:: atomic { n < HOLDS -> n++ }
		LOCK_FOR_HOLD;
		if
		:: atomic { f[j].root -> STEP; f[j].root = 0; f[j].held = 1 } FORCE(held, root); atomic { onhold[j] = 1 }
		:: atomic { !f[j].root && f[j].held -> onhold[j] = 0; STEP; f[j].held = 0; f[j].root = 1 } FORCE(root, held)
		:: atomic { !WANTED(j) -> skip }
		fi;
		UNLOCK
	:: atomic { n == HOLDS -> break }
	od;
	LOCK_FOR_HOLD;
	atomic { onhold[j] = 0; if :: f[j].held -> f[j].held = 0; f[j].root = 1; FSYNC(root); FSYNC(held) :: else fi }
	UNLOCK;
	goto gone;
dead:	UNLOCK;
	goto begin;
gone:	skip
}
#endif

#ifdef REOPEN
/* lctl requeue of a job that has ended, once: spool.Reopening. */
inline close_former(j) {
	atomic { n = 0 }
	do
	:: atomic { n < last -> STEP; f[j].start[n] = SHIM; f[j].again[n] = 1 }
		atomic { STEP; f[j].requeued[n] = 1; n++ }
	:: atomic { n == last -> break }
	od;
#ifndef FORMER_NOT_FSYNCED
	atomic { STEP; fsync_running(j) }
#endif
}

inline back_from_done(j) {
	atomic { STEP; f[j].done = 0; f[j].root = 1;
		former[j] = recorded[j]; recorded[j] = 0; told[j] = 0; asked[j] = 0; dismissed[j] = 0;
		for (z : 0 .. ATTEMPTS - 1) { wanted[A(j, z)] = 1 } z = 0 }
#ifndef REOPEN_NOT_FSYNCED
	atomic { STEP; FSYNC(root) }
	atomic { STEP; FSYNC(done) }
#endif
}

proctype reopener() {
	byte j, z, n, last, born;
	atomic { f[j].done && lock == 0 -> born = boot; lock = _pid }
	clean_up(j);                                                            /* what somebody left who died */
#ifdef FORGETS_GIVEN_UP
	atomic { last = (HAS_RUN(j, 2) -> 3 : (HAS_RUN(j, 1) -> 2 : HAS_RUN(j, 0))) }
#else
	atomic { last = tried[j] }                                              /* as the record says */
#endif
#ifdef BACK_BEFORE_FORMER
	back_from_done(j);
	close_former(j);
#else
	close_former(j);
	back_from_done(j);
#endif
	atomic { STEP; reopened[j] = 1 + last }
dead:	UNLOCK
}
#endif

#ifdef COLLECT
/* localqd --keep 0s,0: removes the record of a job of which nothing else is there. */
proctype collector() {
	byte j, z, born;
	atomic { f[0].done && lock == 0 -> born = boot; lock = _pid }
	if
#ifdef COLLECT_BEFORE_CLEAN_UP
	:: atomic { f[j].done -> skip }
#else
	:: atomic { f[j].done && !f[j].running && !WANTED(j) && !MENTIONED(j) -> skip }
#endif
#ifndef COLLECT_WITHOUT_FSYNC
		atomic { STEP; fsync_running(j) }
#endif
		atomic { STEP; f[j].done = 0; collected[j] = 1 }
		atomic { STEP; FSYNC(done) }                    /* not needed: the worst case */
	:: else
	fi;
dead:	UNLOCK
}
#endif

/* ------------------------------------------------------------------------------------- what happens to them ---- */

#define OR_NOT(entry) if :: f[j].entry == disk[j].entry -> skip :: f[j].entry != disk[j].entry -> skip :: f[j].entry != disk[j].entry -> f[j].entry = disk[j].entry fi

/* Any part of what was not fsynced is not there any more; but a rename leaves the file in one of its places, or in both. */
inline come_back(j) {
#if CUTS
	OR_NOT(root); OR_NOT(held); OR_NOT(running); OR_NOT(done); OR_NOT(marker);
	if
	:: !(f[j].root || f[j].held || f[j].running || f[j].done) && !(collected[j] && !disk[j].done) ->
		f[j].root = disk[j].root; f[j].held = disk[j].held; f[j].running = disk[j].running; f[j].done = disk[j].done
	:: else
	fi;
	for (z : 0 .. ATTEMPTS - 1) {
		OR_NOT(script[z]); OR_NOT(exit[z]); OR_NOT(requeued[z]); OR_NOT(start[z]); OR_NOT(again[z]); OR_NOT(timedout[z]);
		if :: f[j].start[z] == SHIM -> f[j].start[z] = EMPTY :: skip fi;        /* nobody fsyncs a token's content */
		f[j].term[z] = NONE;                                                    /* a matter of this boot */
		disk[j].script[z] = f[j].script[z]; disk[j].exit[z] = f[j].exit[z]; disk[j].requeued[z] = f[j].requeued[z];
		disk[j].start[z] = f[j].start[z]; disk[j].again[z] = f[j].again[z]; disk[j].timedout[z] = f[j].timedout[z]
	}
	if :: recorded[j] && !f[j].done && !collected[j] -> recorded[j] = 0 :: else fi;  /* nobody had been told of it */
	if :: f[j].done && !recorded[j] -> recorded[j] = former[j] :: else fi;          /* nor of its way back */
	disk[j].root = f[j].root; disk[j].held = f[j].held; disk[j].running = f[j].running; disk[j].done = f[j].done;
	disk[j].marker = f[j].marker
#else
	skip
#endif
}

#if defined(ENDING) || MISSES
#define LEAVE(a) if :: child[a] = 1 :: skip fi
#else
#define LEAVE(a) skip
#endif
#ifdef ENDING
#define AGE_MEMORIES for (z : 0 .. WORKERS + LCANCELS + 2) { if :: memory[z] == FRESH -> memory[z] = OLD :: else fi } z = 0
#else
#define AGE_MEMORIES skip
#endif
#define COMMAND_ENDS(a) :: atomic { command[a] == COMMAND && !stubborn -> command[a] = 0; LEAVE(a) }
#define CHILD_ENDS(a) :: atomic { child[a] && !stubborn -> child[a] = 0 }
#define TERM_OF(a) f[(a) / ATTEMPTS].term[(a) % ATTEMPTS]
#define GRACE_ELAPSES(a) :: atomic { termed[a] == FRESH || TERM_OF(a) == FRESH -> \
	if :: termed[a] == FRESH -> termed[a] = OLD :: else fi; \
	if :: TERM_OF(a) == FRESH -> TERM_OF(a) = OLD :: else fi; AGE_MEMORIES }
#ifdef LIMITED
#define TIME_PASSES(a) :: atomic { (command[a] == COMMAND || child[a]) && !over[a] -> over[a] = 1 }
#endif
#if NA == 1
#define EACH_ATTEMPT(event) event(0)
#elif NA == 2
#define EACH_ATTEMPT(event) event(0) event(1)
#elif NA == 3
#define EACH_ATTEMPT(event) event(0) event(1) event(2)
#elif NA == 4
#define EACH_ATTEMPT(event) event(0) event(1) event(2) event(3)
#else
#define EACH_ATTEMPT(event) event(0) event(1) event(2) event(3) event(4) event(5)
#endif

proctype world() {
	byte a, j, z;
end:	do
	EACH_ATTEMPT(COMMAND_ENDS)
#if defined(ENDING) || MISSES
	EACH_ATTEMPT(CHILD_ENDS)
	:: atomic { stubborn && command[0] == COMMAND && !f[0].marker -> command[0] = 0; child[0] = 1 }     /* and leaves a stubborn one */
#endif
	EACH_ATTEMPT(GRACE_ELAPSES)
#ifdef LIMITED
	EACH_ATTEMPT(TIME_PASSES)
#endif
#if CUTS
	:: atomic { cuts > 0 -> cuts--; boot++; lock = 0;
		for (z : 0 .. NA - 1) { coming[z] = 0; shim_alive[z] = 0; command[z] = 0; child[z] = 0 }
		for (j : 0 .. JOBS - 1) { come_back(j) }
		z = 0; j = 0 }
#endif
	od
}

#define FOR_EVER(j) (stubborn && f[j].running && !f[j].done && ANY(command, j) && !TO_END(j, CURRENT(j)) && !LIMIT)
#ifdef MORTAL                   /* with no worker alive only what was promised is kept; the rest waits for the next */
#define OVER(j) (!told[j] || f[j].done)
#else
#define OVER(j) ((f[j].done || collected[j]) && !WANTED(j) && !f[j].running && !MENTIONED(j))
#endif
#ifdef MORTAL
#define QUIET(j) (!f[j].done || !ANY(command, j) && !ANY(child, j))
#else
#define QUIET(j) (!ANY(command, j) && !ANY(child, j))
#endif
#define RUN_AGAIN(j) (reopened[j] == 0 || HAS_RUN(j, reopened[j] - 1) || HAS_RUN(j, reopened[j]) || asked[j] || \
	recorded[j] == NODE_FAIL || recorded[j] == SHIM_LOST)
/* in two steps, because what spin prints of an assertion is cut */
#define END(j) end = FOR_EVER(j); still = OVER(j); assert(end || still || lost); still = QUIET(j); assert(end || still || alive); \
	still = RUN_AGAIN(j); assert(still || promise)

/* When nothing can happen any more, every job has its record, and nothing else is left of it. */
active proctype judgement_day() {
	bit end, still;
	timeout ->
	assert(lock == 0 || lost);
	END(0);
#if JOBS == 2
	END(1);
#endif
	skip
}

init {
	byte i, j, z;
	atomic {
#ifdef ENDING
		if :: stubborn = 1 :: skip fi;
#endif
		for (j : 0 .. JOBS - 1) {
			f[j].root = 1; FSYNC(root);             /* submitted: model ids.pml */
#ifdef REQUEUE
			if :: wish[j] = 1 :: skip fi;
#endif
		}
		do :: i < WORKERS -> run worker(); i++ :: else -> break od; i = 0;
		do :: i < LCANCELS -> run lcancel(); i++ :: else -> break od; i = 0;
		run world();
#if HOLDS
		run holder();
#endif
#ifdef COLLECT
		run collector();
#endif
#ifdef REOPEN
		run reopener();
#endif
#if WISHES
		do :: i < WISHES -> run lctl(); i++ :: else -> break od
#endif
	}
}
