// SPDX-License-Identifier: Apache-2.0
//
// ExactTree: values in a radix tree of their order keys, each leaf an unsorted list.
//
// Method     The root is a list of 1,024 values, then a map of octaves; an octave is a list of
//            1,024, then 32 buckets by 5 mantissa bits; a bucket is split by its next 8 bits, and
//            these again, beyond 65,536 values when they repeat and 2^20 when they do not. Lists
//            are looked at when a chunk is full, so these are passed by up to a chunk.
//            A full chunk of equal values becomes a run, a (value, count) pair, which counts as one
//            value: so equal ones neither grow a list nor split it, and the last level, where keys
//            are whole, always suffices.
// Memory     Of the arena: chunks of 6 to 510 values, each about a third of what the list holds.
//            Chunks of a split list are recycled; nodes never are. The map of octaves is outside of
//            it and counted against its cap.
// Failure    A function that returns false found the arena full; the tree is then as before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "stats/arena.hpp"
#include "stats/octave_map.hpp"
#include "stats/order_key.hpp"

namespace millrace::exact {

/// A level is named by how many low bits of the key it leaves open.
inline constexpr int kRootLevel = 64;
inline constexpr int kOctaveLevel = kMantissaBits;
inline constexpr int kBucketLevel = kOctaveLevel - 5;
inline constexpr int kSplitBits = 8;

constexpr int below(int level) noexcept {
  if (level == kRootLevel) return kOctaveLevel;
  if (level == kOctaveLevel) return kBucketLevel;
  return level > kSplitBits ? level - kSplitBits : 0;
}
constexpr std::size_t children_at(int level) noexcept {
  return std::size_t{1} << (level - below(level));
}
/// Which child of a bucket at this level a key belongs to.
constexpr std::size_t child_index(std::uint64_t key, int level) noexcept {
  return (key >> below(level)) & (children_at(level) - 1);
}

/// At the end of each piece of a list: `capacity` values lie before a chunk's, a Run around a
/// run's.
struct Footer {
  Footer* previous;
  std::uint32_t elements_before;  // values and runs in the pieces before this one
  std::uint16_t capacity;         // 0: a run
  bool runs_before;

  double* begin() noexcept { return reinterpret_cast<double*>(this) - capacity; }
  double* end() noexcept { return reinterpret_cast<double*>(this); }
};

struct Run {
  double value;
  std::uint64_t count;
  Footer footer;
};

/// Empty: both null. A list: tail is where the next value goes, in the chunk that `last` ends.
/// Split: tail is null and children is not.
struct Bucket {
  double* tail = nullptr;
  union {
    Footer* last = nullptr;
    Bucket* children;
  };

  [[nodiscard]] bool empty() const noexcept { return tail == nullptr && last == nullptr; }
  [[nodiscard]] bool split() const noexcept { return tail == nullptr && children != nullptr; }
  [[nodiscard]] bool full() const noexcept { return tail == last->end(); }
};

/// Values under a bucket.
std::uint64_t count(const Bucket& bucket, int level) noexcept;

/// visit(value, count) for the values under a bucket, in no order.
template <typename Visit>
void for_each(const Bucket& bucket, int level, Visit&& visit) {
  if (bucket.split()) {
    for (std::size_t i = 0; i < children_at(level); ++i) {
      for_each(bucket.children[i], below(level), visit);
    }
    return;
  }
  const double* end = bucket.tail;
  for (Footer* piece = bucket.tail ? bucket.last : nullptr; piece; piece = piece->previous) {
    if (piece->capacity == 0) {
      const auto* run = reinterpret_cast<const Run*>(piece + 1) - 1;
      visit(run->value, run->count);
    } else {
      if (piece != bucket.last) end = piece->end();
      for (const double* value = piece->begin(); value != end; ++value) visit(*value, 1u);
    }
  }
}

class Tree {
 public:
  explicit Tree(Arena& arena) noexcept : arena_(&arena) {}

  /// How many of the values, from the first on, were added: fewer than all when the arena is full.
  [[nodiscard]] std::size_t add(std::span<const double> values);
  /// Leaves the arena as it is.
  void forget() noexcept;

  /// Null unless the root is a list.
  [[nodiscard]] const Bucket* list() const noexcept { return octaves_.empty() ? &list_ : nullptr; }
  [[nodiscard]] const OctaveMap<Bucket>& octaves() const noexcept { return octaves_; }

 private:
  Bucket* octave(std::uint64_t key);
  bool append(Bucket* bucket, int level, std::uint64_t key, double value);
  bool make_room(Bucket& bucket, int level);
  bool add_chunk(Bucket& bucket, std::size_t capacity);
  bool add_run(Bucket& bucket, double value, std::uint64_t count);
  bool collapse(Bucket& bucket);
  bool split(Bucket& bucket, int level);
  void recycle(Footer* piece);

  Arena* arena_;
  Bucket list_;
  OctaveMap<Bucket> octaves_;
};

}  // namespace millrace::exact
