/* SPDX-License-Identifier: Apache-2.0
 *
 * Closing: whatever a push answered, the aggregator agrees with it, and neither waits for the other.
 *
 *   here                       in the code
 *   Worker, up to `settle`     Port::enter(), open_block(), publish()        worker.hpp, port.cpp
 *   Worker, `settle`           Port::settle()                                port.cpp
 *   Worker, `retire`           Port::release(), RingSet::release()           port.cpp, ring_set.cpp
 *   handshake                  RingSet::close(), settle(), Gate::close()     ring_set.hpp, gate.cpp
 *                              and the first half of Aggregator::close()     aggregator.cpp
 *   SHOWN, take                Lane::published(), front(), slice(), done()   lane.cpp
 *   from there to its end      the second half, Aggregator::drained()        aggregator.cpp
 *   sb, Drain                  the store buffers of x86: first in, first out, emptied at any time
 *   FENCED                     Gate::fenced(): no membarrier, an exchange in push instead
 *
 * Claims, with each worker stopped for ever at any point of a push, or not:
 *   - what is aggregated is exactly what was accepted (of a push that never returned: may be);
 *   - nothing is aggregated that is not yet written;
 *   - one turn after the handshake finds all of it, so that the loop in Aggregator::close() is for
 *     a queue that says "empty" too early, and for nothing else;
 *   - the aggregator comes to its end (else: an invalid end state).
 *
 * Limits. Total store order: weaker processors are covered by the orders named in the code, not here.
 * Two workers in slots of their own, four attempts in all, blocks of two records; blocks are never
 * used again (blocks.pml). The queue is the number of blocks that it shows. A slice is one step:
 * after the one load of `published` its records do not change. No places, fork or signal handlers.
 * Nobody stops inside RingSet's lock: a thread that never left it would be waited for.
 *
 * Mutants, each of which must fail:
 *   NO_MEMBARRIER   the closer does not empty the store buffers
 *   ONE_CHECK       push does not look at the state again
 *   NO_FATE         push believes a plain look at the closer's number
 *   NO_LIMIT        the aggregator takes what it finds, whatever was decided
 *   CLOSER_APART    the handshake in another thread than the one that takes slices
 */
#define WORKERS 2
#ifndef ATTEMPTS_0
#define ATTEMPTS_0 3
#endif
#ifndef ATTEMPTS_1
#define ATTEMPTS_1 1
#endif
#define CAPACITY 2
#define BLOCKS 2

#define RUNNING 1
#define CLOSING 2
#define UNDECIDED 255
#define CLOSED 128
#define COUNT(word) ((word) & 127)

/* What a store buffer holds: kind, where, what. */
#define RECORD 1
#define PUBLISHED 2
#define OPENED 3
#define NEVER 3 /* nothing is under way: no attempt has this number */

byte gate = RUNNING;
byte record[WORKERS * BLOCKS * CAPACITY]; /* by the worker's number: the attempt that wrote it + 1 */
byte published[WORKERS * BLOCKS];
byte queued[WORKERS]; /* blocks that the queue shows */
byte fate[WORKERS] = UNDECIDED;
bool in_use[WORKERS] = true;
bool lock;

byte opened[WORKERS]; /* the aggregator's, as are the next three: blocks that the lane knows */
byte taken[WORKERS];
byte limit[WORKERS] = UNDECIDED;
#ifdef CLOSER_APART
bool handshake_done;
#endif

byte accepted[WORKERS];   /* bits: attempts that returned true */
byte aggregated[WORKERS]; /* bits: attempts whose record was taken */
byte under_way[WORKERS] = NEVER;
bool ended[WORKERS];

chan sb[WORKERS] = [4] of { byte, byte, byte };

#define BLOCK(w, number) ((w) * BLOCKS + (number))
/* The worker's number of its last record, plus one. */
#define NUMBER ((blocks - 1) * CAPACITY + count)
#define LEAST(a, b) ((a) < (b) -> (a) : (b))
/* What the newest block in the lane shows; the older ones are full. */
#define SHOWN(w) (opened[w] == 0 -> 0 : \
                  (opened[w] - 1) * CAPACITY + COUNT(published[BLOCK(w, opened[w] - 1)]))
#define WAITING(w) (LEAST(SHOWN(w), limit[w]) > taken[w])
#define MISSING(w) (in_use[w] && fate[w] > taken[w])

proctype Drain(byte w) {
  byte kind, at, value;
end:
  do
  :: d_step {
       sb[w] ? kind, at, value ->
       if
       :: kind == RECORD -> record[at] = value
       :: kind == PUBLISHED -> published[at] = value
       :: kind == OPENED -> queued[at] = value
       fi
       kind = 0; at = 0; value = 0
     }
  od
}

proctype Worker(byte w; byte attempts) {
  byte attempt, count, blocks, last;

  do
  :: true -> break /* it has no more to say */
  :: attempt < attempts && gate != RUNNING -> goto refused
  :: attempt < attempts && gate == RUNNING ->
     under_way[w] = attempt;
     if
     :: blocks == 0 || count == CAPACITY ->
        sb[w] ! PUBLISHED, BLOCK(w, blocks), 0;
        atomic { sb[w] ! OPENED, w, blocks + 1; blocks++; count = 0 }
     :: else
     fi
     if /* the last step of a thread may be any */
     :: atomic { sb[w] ! RECORD, BLOCK(w, blocks - 1) * CAPACITY + count, attempt + 1; count++ }
     :: goto stopped
     fi
     if
     :: sb[w] ! PUBLISHED, BLOCK(w, blocks - 1), count
     :: goto stopped
     fi
#ifdef FENCED
     empty(sb[w]);
#endif
#ifdef ONE_CHECK
     goto accepted_it;
#endif
     if
     :: gate == RUNNING -> goto accepted_it
     :: gate != RUNNING
     :: goto stopped
     fi

     /* settle. A locked instruction empties the buffer of its thread first. */
     if
     :: atomic {
          empty(sb[w]);
          last = fate[w];
#ifndef NO_FATE
          if
          :: last == UNDECIDED -> fate[w] = NUMBER
          :: else
          fi
#endif
        }
     :: goto stopped
     fi
     if
     :: NUMBER <= last -> goto accepted_it /* nobody decided before, or the closer saw it */
     :: NUMBER > last -> count--
     :: goto stopped
     fi
     sb[w] ! PUBLISHED, BLOCK(w, blocks - 1), count;
     goto refused;

accepted_it:
     accepted[w] = accepted[w] | (1 << attempt);
refused:
     atomic { under_way[w] = NEVER; attempt++; last = 0 }
  od

  if
  :: blocks != 0 -> /* retire: close the block, then RingSet's lock */
     sb[w] ! PUBLISHED, BLOCK(w, blocks - 1), count | CLOSED;
     atomic { !lock && empty(sb[w]); in_use[w] = false }
  :: true /* live on without a push */
  fi
stopped:
  atomic { ended[w] = true; attempt = 0; count = 0; blocks = 0; last = 0 }
}

inline take_opened_blocks() {
  d_step { opened[0] = queued[0]; opened[1] = queued[1] }
}

/* One slice of a worker: everything it shows. */
inline take(w) {
  d_step {
    do
    :: WAITING(w) ->
       assert(record[w * BLOCKS * CAPACITY + taken[w]] != 0); /* written before it is published */
       aggregated[w] = aggregated[w] | (1 << (record[w * BLOCKS * CAPACITY + taken[w]] - 1));
       taken[w]++
    :: else -> break
    od;
    skip
  }
}

/* One live worker: read what it has published, then decide its last number with it. */
inline settle_with(w) {
  if
  :: in_use[w] ->
     shown = SHOWN(w);
     d_step {
       if
       :: fate[w] == UNDECIDED -> fate[w] = shown
       :: else
       fi
#ifndef NO_LIMIT
       limit[w] = fate[w];
#endif
       shown = 0
     }
  :: else
  fi
}

inline handshake() {
  gate = CLOSING;
#ifndef NO_MEMBARRIER
#ifndef FENCED
  empty(sb[0]); /* each thread passes a barrier at some moment of the call */
  empty(sb[1]);
#endif
#endif
  take_opened_blocks();
  atomic { !lock; lock = true }
  settle_with(0);
  settle_with(1);
#ifdef CLOSER_APART
  handshake_done = true;
#endif
  lock = false
}

#ifdef CLOSER_APART
active proctype Closer() {
  byte shown;
  handshake()
}
#endif

active proctype Aggregator() {
  byte shown;

  atomic { run Drain(0); run Drain(1); run Worker(0, ATTEMPTS_0); run Worker(1, ATTEMPTS_1) }
  do /* turns, until finish() is asked for */
  :: opened[0] != queued[0] || opened[1] != queued[1] -> take_opened_blocks()
  :: WAITING(0) -> take(0)
  :: WAITING(1) -> take(1)
#ifdef CLOSER_APART
  :: handshake_done -> break
  od;
#else
  :: true -> break
  od;
  handshake();
#endif

  take_opened_blocks(); /* one turn */
  take(0);
  take(1);
  take_opened_blocks();
  atomic { !lock; lock = true }
  assert(!MISSING(0));
  assert(!MISSING(1));
  lock = false;
  assert(!WAITING(0) && !WAITING(1));

  ended[0] && ended[1];
  empty(sb[0]) && empty(sb[1]); /* what was taken back is seen by nobody any more */
  byte w;
  for (w : 0 .. WORKERS - 1) {
    if
    :: under_way[w] == NEVER -> assert(aggregated[w] == accepted[w])
    :: else -> assert((aggregated[w] & ~(1 << under_way[w])) == accepted[w])
    fi
  }
}
