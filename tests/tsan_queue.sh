#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes a copy of the packaged queue header for ThreadSanitizer into DIR/concurrentqueue.
#
# ThreadSanitizer does not model atomic_thread_fence, by which the queue orders a block's reuse. The
# copy gives the same operations the order that the fences imply (three loads acquire in is_empty,
# two stores release in set_many_empty): strictly stronger, and our own races stay visible, which a
# suppression would hide. usage: tsan_queue.sh DIR
set -eu
dir=$1/concurrentqueue
mkdir -p "$dir"
from=/usr/include/concurrentqueue/concurrentqueue.h
awk '
  /bool is_empty\(\) const/ { inside = "empty" }
  /bool set_many_empty\(/ { inside = "many" }
  inside == "empty" && /emptyFlags\[i\]\.load\(std::memory_order_relaxed\)|elementsCompletelyDequeued\.load\(std::memory_order_relaxed\)/ {
    changed += gsub(/memory_order_relaxed/, "memory_order_acquire")
  }
  inside == "many" && /emptyFlags\[.*\]\.store\(true, std::memory_order_relaxed\)/ {
    changed += gsub(/memory_order_relaxed/, "memory_order_release")
  }
  inside != "" && /^\t\t}/ { inside = "" }
  { print }
  END { if (changed < 3) { print "tsan_queue.sh: the header is not the one that is known" > "/dev/stderr"; exit 1 } }
' "$from" > "$dir/concurrentqueue.h"
cp "$(dirname "$from")/blockingconcurrentqueue.h" "$(dirname "$from")/lightweightsemaphore.h" "$dir/"
