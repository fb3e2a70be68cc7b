/* SPDX-License-Identifier: Apache-2.0
 *
 * Following a log from another process while it is written, while its segments change, and when its
 * writer dies between any two stores.
 *
 *   here               in the code (src/log)
 *   Keeper             the helper thread: a segment is made under a temporary name, with its
 *                      header, and then renamed; it may be there long before it is used
 *   Writer, `frame`    LogWriter::append(): the payload, then the commit word
 *   Writer, `rotate`   LogWriter::reserve(): END once the next segment has its name
 *   Writer, `stop`     the log stops (a write failed): no END, and it goes on in a later segment
 *   Writer, `close`    LogWriter::close(): END that names no next segment, final or not
 *   Reader             SegmentReader with Follow::yes, and who opens the next one
 *   alive              the writer's lock on the folder: free once no thread of its process runs, or
 *                      when the log is given up for good
 *
 * Claims:
 *   - the reader gets each committed frame once and in order, and nothing else;
 *   - it never finds damage, and no named segment missing or without its header;
 *   - it comes to its end when the run is closed or its writer dead (else: an invalid end state).
 * What the reader does to deserve it: a commit word of zero is "not yet" only until the lock is free
 * or a later segment has a frame; either is a reason to look once more, and only then to go on.
 *
 * Limits. Stores and pwrites of the writer are seen in their order. The reader copies commit word and
 * payload in any order; a frame that does not check is read once more (the code: 5 times, 1 ms
 * apart). Three segments of up to two frames, all of kind DATA; one word is a payload. A reader's wait
 * is a step that needs what it polls for. Loss of power, retention, damage: not here.
 *
 * Mutants, each of which must fail:
 *   COMMIT_FIRST       the commit word is stored before the payload
 *   END_BEFORE_NEXT    END is written before the next segment has its name
 *   NAME_FIRST         the segment has its name before its header
 *   NO_SECOND_LOOK     the reader believes what it saw before it found the lock free, or a later frame
 *   NO_LOOK_AHEAD      the reader never looks for a later frame, only for END and the lock
 *   NEXT_ONLY          it looks for a frame in the next segment, not in all later ones
 */
#define SEGMENTS 3
#define FRAMES 2
#define PLACES (FRAMES + 1) /* and END */
#define AT(s, i) ((s) * PLACES + (i))

#define NOT_YET 0
#define DATA 1
#define END 2  /* the run goes on in the next segment */
#define LAST 3 /* it does not */

byte commit[SEGMENTS * PLACES];
byte payload[SEGMENTS * PLACES]; /* the number of the frame, from 1: its checksum is right unless it is 0 */
bool named[SEGMENTS];
bool header[SEGMENTS];
bool alive = true;
byte committed; /* frames */

#define HAS_FRAME(s) ((s) < SEGMENTS && named[s] && commit[AT(s, 0)] != NOT_YET)
#ifdef NO_LOOK_AHEAD
#define LATER_FRAME(s) false
#else
#ifdef NEXT_ONLY
#define LATER_FRAME(s) HAS_FRAME((s) + 1)
#else
#define LATER_FRAME(s) (HAS_FRAME((s) + 1) || HAS_FRAME((s) + 2))
#endif
#endif

active proctype Keeper() {
  byte s;
  {
    do
    :: s < SEGMENTS ->
#ifdef NAME_FIRST
       named[s] = true;
       header[s] = true;
#else
       header[s] = true;
       named[s] = true;
#endif
       s++
    :: s == SEGMENTS -> break
    od
  } unless { !alive }
}

active proctype Writer() {
  byte s, i;
  {
    named[0] && header[0];
    do
    :: i < FRAMES -> /* frame */
#ifdef COMMIT_FIRST
       d_step { commit[AT(s, i)] = DATA; committed++ }
       payload[AT(s, i)] = committed;
#else
       payload[AT(s, i)] = committed + 1;
       d_step { commit[AT(s, i)] = DATA; committed++ }
#endif
       i++
    :: s + 1 < SEGMENTS -> /* rotate */
#ifdef END_BEFORE_NEXT
       commit[AT(s, i)] = END;
       named[s + 1];
#else
       named[s + 1];
       commit[AT(s, i)] = END;
#endif
       d_step { s++; i = 0 }
    :: s + 1 < SEGMENTS -> /* stop, perhaps in the midst of a frame */
       if
       :: i < FRAMES -> payload[AT(s, i)] = committed + 1
       :: true
       fi;
       named[s + 1];
       d_step { s++; i = 0 }
    :: true -> /* close */
       commit[AT(s, i)] = LAST;
       break
    od
  } unless { !alive }
}

/* kill -9, at any moment or never. */
active proctype Kill() {
  if
  :: alive = false
  :: true
  fi
}

active proctype Reader() {
  byte s, i, word, content, next;
  bool again;

  if
  :: named[0]
  :: !alive && !named[0] -> goto over /* the run has no segment */
  fi;
open:
  assert(named[s]);
  assert(header[s]);
  do
  :: if
     :: word = commit[AT(s, i)]; content = payload[AT(s, i)]
     :: content = payload[AT(s, i)]; word = commit[AT(s, i)]
     fi;
     if
     :: word == DATA && content == 0 ->
        assert(!again); /* damage */
        again = true
     :: word == DATA && content != 0 ->
        assert(content == next + 1); /* each once, in order */
        d_step { next++; i++; again = false; content = 0; word = 0 }
     :: word == END -> goto follow
     :: word == LAST -> goto over
     :: word == NOT_YET ->
        content = 0;
        if /* waits */
        :: commit[AT(s, i)] != NOT_YET
        :: LATER_FRAME(s) ->
#ifndef NO_SECOND_LOOK
           if
           :: commit[AT(s, i)] != NOT_YET
           :: commit[AT(s, i)] == NOT_YET -> goto follow
           fi
#else
           goto follow
#endif
        :: !alive ->
#ifndef NO_SECOND_LOOK
           if
           :: commit[AT(s, i)] != NOT_YET
           :: commit[AT(s, i)] == NOT_YET && LATER_FRAME(s) -> goto follow
           :: commit[AT(s, i)] == NOT_YET && !LATER_FRAME(s) -> goto over
           fi
#else
           goto over
#endif
        fi
     fi
  od;
follow:
  skip;
  d_step { s++; i = 0; again = false; word = 0; content = 0 }
  goto open;
over:
  assert(next == committed)
}
