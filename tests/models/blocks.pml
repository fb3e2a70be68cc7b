/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks: opened, filled, read in place, given back and used again by the next worker; and what a
 * process leaves when it is killed between any two stores.
 *
 *   here                       in the code
 *   Slot, outer loop           RingSet::acquire(), release(): one worker after the other   ring_set.cpp
 *   Slot, `open`               Port::open_block()                                          port.cpp
 *   Slot, `push`               Port::enter(), publish()                                    worker.hpp
 *   Slot, `close`              Port::release(), close_block()                              port.cpp
 *   Aggregator, oldest, n      Lane::open(), front(), give_back()                          lane.cpp
 *   Aggregator, `append`       Lane::slice(), LogWriter::append()                  lane.cpp, log_writer.hpp
 *   Kill                       what recovery finds: the log, then the ring's blocks        ring_file.hpp
 *
 * Claims, at every state that can be reached, of every worker that ever had the slot:
 *   - lost: whatever a push returned true for is in the log or in the ring;
 *   - duplicated: nothing is taken from the ring twice, nor what is in the log already;
 *   - invented: what is taken was pushed, is whole, and at most one record is there whose push has
 *     not returned;
 *   - in order: the log takes a worker's records in the order of their numbers;
 *   - without a kill all records come into the log, and nobody waits for ever.
 * They hold twice: for a recovery that takes open blocks only, and for one that looks at no state,
 * which is what the order of the header's stores is for.
 *
 * Limits. Stores of a thread become visible in their order, and at once: the mapping outlives the
 * process, and what its processors have retired goes there. One slot, since slots share nothing but
 * the queue; two or three blocks of two records; three workers of up to six records each, which
 * wait for room (refusing is not pushing). Worker, run and stream of a header are one word here. The
 * log never stops: a block that goes back unlogged is counted, not kept. Kills alone: after a loss
 * of power rings are not trusted. Closing and its take-back: close.pml. Recovery that is killed
 * itself: not here.
 *
 * Mutants, each of which must fail:
 *   GIVE_BACK_EARLY   a finished block goes back before its last slice is in the log
 *   HEADER_ORDER      the new numbers are stored before published = 0; with OPEN_ONLY (a recovery
 *                     that takes open blocks only) it does no harm as long as the state is stored last,
 *   STATE_FIRST       and with the state stored first, it does
 *   CLOSED_LATE       count and mark are read apart
 *   NEWEST_FIRST      a later block is taken before the earlier is finished
 *   PUBLISH_FIRST     the count is stored before the record
 */
#define WORKERS 3
#ifndef BLOCKS
#define BLOCKS 2
#endif
#define CAPACITY 2
#define PUSHES 6

#define FREE 0
#define OPEN 1
#define CLOSED 128
#define COUNT(word) ((word) & 127)

#define TORN 255
#define CONTENT(worker, number) ((worker) * 16 + (number) + 1)
#define RECORD(b, i) ((b) * CAPACITY + (i))

/* The ring's file. */
byte published[BLOCKS];
byte state[BLOCKS];
byte worker[BLOCKS];
byte first[BLOCKS];
byte record[BLOCKS * CAPACITY];

/* The log: records by number, and one beyond the greatest, which is where recovery goes on. */
byte logged[WORKERS];
byte logged_until[WORKERS];

byte returned[WORKERS]; /* pushes */
bool slot_ended;
chan queue = [BLOCKS] of { byte };

active proctype Slot() {
  byte w, b, next_block, count, number;
  bool has_block;

  do
  :: w == WORKERS -> break
  :: w < WORKERS ->
     do
     :: number + count == PUSHES -> break
     :: number + count < PUSHES -> break /* it ends before */
     :: number + count < PUSHES ->
        if
        :: !has_block || count == CAPACITY -> /* open */
           state[next_block] == FREE;
           d_step {
             b = next_block;
             next_block = (next_block + 1) % BLOCKS;
             number = number + count;
             count = 0;
             has_block = true
           }
#ifdef STATE_FIRST
           state[b] = OPEN;
#endif
#ifdef HEADER_ORDER
           worker[b] = w;
           first[b] = number;
           published[b] = 0;
#else
           published[b] = 0;
           worker[b] = w;
           first[b] = number;
#endif
#ifndef STATE_FIRST
           state[b] = OPEN;
#endif
           queue ! b
        :: else
        fi;
        /* push */
#ifdef PUBLISH_FIRST
        published[b] = count + 1;
        record[RECORD(b, count)] = TORN;
        record[RECORD(b, count)] = CONTENT(w, number + count);
#else
        record[RECORD(b, count)] = TORN;
        record[RECORD(b, count)] = CONTENT(w, number + count);
        published[b] = count + 1;
#endif
        d_step { count++; returned[w] = number + count }
     od;
     if
     :: has_block -> published[b] = count | CLOSED /* close */
     :: else
     fi;
     skip;
     d_step { has_block = false; count = 0; number = 0; b = 0; w++ }
  od;
  slot_ended = true
}

#define AT(i) ((oldest + (i)) % BLOCKS)
#define FINISHED(word) (((word) & CLOSED) || COUNT(word) == CAPACITY)
/* Whether the block has something that the aggregator did not see. */
#define NEWS(b) (COUNT(published[b]) > seen[b] || FINISHED(published[b]))

active proctype Aggregator() {
  byte oldest, n, b, word, i;
  byte seen[BLOCKS];

  do
  :: queue ? b ->
     assert(n < BLOCKS && b == AT(n));
     d_step { n++; b = 0 }
#ifdef NEWEST_FIRST
  :: n != 0 && NEWS(AT(n - 1)) ->
     b = AT(n - 1);
#else
  :: n != 0 && NEWS(oldest) ->
     b = oldest;
#endif
     word = published[b];
#ifdef CLOSED_LATE
     word = COUNT(word) | (published[b] & CLOSED);
#endif
#ifdef GIVE_BACK_EARLY
     if
     :: FINISHED(word) -> state[b] = FREE
     :: else
     fi;
#endif
     /* append: the records, then the word that makes the frame visible */
     i = seen[b];
     do
     :: i < COUNT(word) ->
        assert(record[RECORD(b, i)] == CONTENT(worker[b], first[b] + i));
        i++
     :: else -> break
     od;
     skip;
     d_step {
       i = seen[b];
       do
       :: i < COUNT(word) ->
          assert(first[b] + i == logged_until[worker[b]]);
          logged[worker[b]] = logged[worker[b]] | (1 << (first[b] + i));
          logged_until[worker[b]] = first[b] + i + 1;
          i++
       :: else -> break
       od;
       seen[b] = COUNT(word);
       i = 0
     }
     if
     :: FINISHED(word) ->
#ifndef GIVE_BACK_EARLY
        state[b] = FREE;
#endif
        n--;
        d_step { seen[b] = 0; oldest = AT(1); b = 0; word = 0 }
     :: !FINISHED(word) -> d_step { b = 0; word = 0 }
     fi
  :: slot_ended && n == 0 && empty(queue) -> break
  od;
  assert(logged_until[0] == returned[0] && logged_until[1] == returned[1] &&
         logged_until[2] == returned[2])
}

hidden byte found[WORKERS], kb, ki, kw, ks, look;

/* Looks at any moment, and changes nothing. */
active proctype Kill() {
end:
  do
  :: d_step {
#ifdef OPEN_ONLY
       look = 1;
#else
       look = 0;
#endif
       do
       :: look < 2 ->
          found[0] = 0; found[1] = 0; found[2] = 0;
          kb = 0;
          do
          :: kb < BLOCKS && (look == 0 || state[kb] == OPEN) ->
             kw = worker[kb];
             ki = 0;
             do
             :: ki < COUNT(published[kb]) ->
                ks = first[kb] + ki;
                if
                :: ks >= logged_until[kw] ->
                   assert(record[RECORD(kb, ki)] == CONTENT(kw, ks)); /* invented, or torn */
                   assert(!(found[kw] & (1 << ks)));                   /* duplicated */
                   found[kw] = found[kw] | (1 << ks)
                :: else
                fi;
                ki++
             :: else -> break
             od;
             kb++
          :: kb < BLOCKS && !(look == 0 || state[kb] == OPEN) -> kb++
          :: else -> break
          od;
          kw = 0;
          do
          :: kw < WORKERS ->
             ks = (1 << returned[kw]) - 1;
             assert(((logged[kw] | found[kw]) & ks) == ks);                /* lost */
             assert(((logged[kw] | found[kw]) >> (returned[kw] + 1)) == 0); /* invented */
             kw++
          :: else -> break
          od;
          look++
       :: else -> break
       od;
       skip
     }
  od
}
