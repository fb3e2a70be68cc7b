// SPDX-License-Identifier: Apache-2.0
#include "stats/exact_tree.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <span>

namespace millrace::exact {
namespace {

// Values a chunk holds: with the footer 64 bytes, 128, .. to 4 KiB.
constexpr std::array<std::uint16_t, 7> kCapacities{6, 14, 30, 62, 126, 254, 510};
// What waits here is not yet in the run: 1 KiB for a bucket of nothing but equal values.
constexpr std::size_t kGreatestAfterRun = 126;

constexpr std::uint64_t kListed = 1'024;  // at the root and in an octave
// Splitting costs an append 3 to 5 ns, for some thousand tails no longer fit the first cache, where
// scanning costs a query 1 ns a value. So it waits until a query would take a millisecond, or until
// values repeat: then runs can take their place, once each has a bucket of its own.
constexpr std::uint64_t kListedOfTies = std::uint64_t{1} << 16;
constexpr std::uint64_t kListedAtMost = std::uint64_t{1} << 20;

bool repeats(std::span<const double> chunk) noexcept {
  std::size_t equal = 0;
  for (std::size_t i = 1; i < chunk.size(); ++i) equal += chunk[i] == chunk[i - 1];
  return equal > chunk.size() / 64;
}

std::size_t capacity_for(std::uint64_t held) noexcept {
  const auto capacity = std::ranges::lower_bound(kCapacities, held / 3);
  return capacity == kCapacities.end() ? kCapacities.back() : *capacity;
}

constexpr std::size_t chunk_bytes(std::size_t capacity) noexcept {
  return capacity * sizeof(double) + sizeof(Footer);
}

// Unrolled to the last level, with constant shifts.
template <int Level>
[[gnu::always_inline]] inline Bucket* leaf(Bucket* bucket, std::uint64_t key) noexcept {
  if constexpr (Level == 0) {
    return bucket;
  } else {
    if (!bucket->split()) return bucket;
    return leaf<below(Level)>(&bucket->children[child_index(key, Level)], key);
  }
}

struct Place {
  Bucket* bucket;
  int level;
};

Place leaf_below(Place place, std::uint64_t key) noexcept {
  while (place.bucket->split()) {
    place = {&place.bucket->children[child_index(key, place.level)], below(place.level)};
  }
  return place;
}

Run* run_of(Footer* piece) noexcept { return reinterpret_cast<Run*>(piece + 1) - 1; }

std::uint64_t elements(const Bucket& list) noexcept {
  return list.last->elements_before + static_cast<std::uint64_t>(list.tail - list.last->begin());
}

}  // namespace

std::uint64_t count(const Bucket& bucket, int level) noexcept {
  if (bucket.empty()) return 0;
  std::uint64_t values = 0;
  if (bucket.split()) {
    for (std::size_t i = 0; i < children_at(level); ++i) {
      values += count(bucket.children[i], below(level));
    }
    return values;
  }
  values = elements(bucket);
  if (!bucket.last->runs_before) return values;
  for (Footer* piece = bucket.last->previous; piece; piece = piece->previous) {
    if (piece->capacity == 0) values += run_of(piece)->count - 1;
  }
  return values;
}

std::size_t Tree::add(std::span<const double> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t key = order_key(values[i]);
    if (Bucket* octave = octaves_.find(octave_of(key))) {
      Bucket* bucket = leaf<kOctaveLevel>(octave, key);
      if (bucket->tail != nullptr && !bucket->full()) [[likely]] {
        *bucket->tail++ = values[i] + 0.0;
        continue;
      }
    }
    const bool held = octaves_.empty() ? append(&list_, kRootLevel, key, values[i])
                                       : append(octave(key), kOctaveLevel, key, values[i]);
    if (!held) return i;
  }
  return values.size();
}

void Tree::forget() noexcept {
  list_ = {};
  octaves_ = {};
}

// The key's octave, made when it is new; nullptr when the arena is full.
[[gnu::noinline]] Bucket* Tree::octave(std::uint64_t key) {
  const std::uint32_t number = octave_of(key);
  if (Bucket* known = octaves_.find(number)) return known;
  if (!arena_->count_outside(octaves_.growth_bytes())) return nullptr;
  return &octaves_.at(number);
}

bool Tree::append(Bucket* bucket, int level, std::uint64_t key, double value) {
  if (bucket == nullptr) return false;
  Place place = leaf_below({bucket, level}, key);
  while (place.bucket->tail == nullptr || place.bucket->full()) {
    if (!make_room(*place.bucket, place.level)) return false;
    if (place.level == kRootLevel && !octaves_.empty()) {  // the root was split
      place = {octave(key), kOctaveLevel};
      if (place.bucket == nullptr) return false;
    }
    place = leaf_below(place, key);
  }
  *place.bucket->tail++ = value + 0.0;
  return true;
}

bool Tree::make_room(Bucket& bucket, int level) {
  if (bucket.empty()) return add_chunk(bucket, kCapacities.front());
  const std::span<const double> chunk(bucket.last->begin(), bucket.last->capacity);
  const std::uint64_t held = elements(bucket);
  if (level >= kOctaveLevel ? held >= kListed
                            : held >= kListedAtMost || (held >= kListedOfTies && repeats(chunk))) {
    return split(bucket, level);
  }
  if (std::ranges::all_of(chunk, [&](double x) { return x == chunk.front(); })) {
    return collapse(bucket);
  }
  return add_chunk(bucket, capacity_for(held));
}

bool Tree::add_chunk(Bucket& bucket, std::size_t capacity) {
  void* piece = arena_->allocate(chunk_bytes(capacity));
  if (piece == nullptr) return false;
  auto* values = static_cast<double*>(piece);
  Footer footer{.previous = nullptr,
                .elements_before = 0,
                .capacity = static_cast<std::uint16_t>(capacity),
                .runs_before = false};
  if (!bucket.empty()) {
    footer.previous = bucket.last;
    footer.elements_before = static_cast<std::uint32_t>(elements(bucket));
    footer.runs_before = bucket.last->runs_before;
  }
  bucket.last = new (values + capacity) Footer(footer);
  bucket.tail = values;
  return true;
}

// To a list, or an empty bucket: goes before the chunk that is being filled, which every list has.
bool Tree::add_run(Bucket& bucket, double value, std::uint64_t count) {
  if (bucket.empty() && !add_chunk(bucket, kCapacities.front())) return false;
  Footer& chunk = *bucket.last;
  if (chunk.previous && chunk.previous->capacity == 0 && run_of(chunk.previous)->value == value) {
    run_of(chunk.previous)->count += count;
    return true;
  }
  void* piece = arena_->allocate(sizeof(Run));
  if (piece == nullptr) return false;
  Footer footer = chunk;
  footer.capacity = 0;
  Run* run = new (piece) Run{value, count, footer};
  chunk.previous = &run->footer;
  chunk.elements_before += 1;
  chunk.runs_before = true;
  return true;
}

// The full chunk of equal values becomes a run, or part of the one before it.
bool Tree::collapse(Bucket& bucket) {
  Footer* chunk = bucket.last;
  if (!add_run(bucket, *chunk->begin(), chunk->capacity)) return false;
  bucket.tail = chunk->begin();
  const std::size_t wanted =
      std::min(capacity_for(run_of(chunk->previous)->count), kGreatestAfterRun);
  if (wanted <= chunk->capacity) return true;
  // A longer chunk, for fewer calls of this; without memory the short one does.
  const Bucket before = bucket;
  if (!add_chunk(bucket, wanted)) return true;
  bucket.last->previous = before.last->previous;
  recycle(before.last);
  return true;
}

bool Tree::split(Bucket& bucket, int level) {
  const int next = below(level);
  Bucket* children = nullptr;
  if (level != kRootLevel) {
    void* node = arena_->allocate(children_at(level) * sizeof(Bucket));
    if (node == nullptr) return false;
    children = new (node) Bucket[children_at(level)];
  }
  bool room = true;
  for_each(bucket, level, [&](double value, std::uint64_t count) {
    const std::uint64_t key = order_key(value);
    Bucket* child = children ? &children[child_index(key, level)] : octave(key);
    if (count == 1 || child == nullptr) {
      room = room && append(child, next, key, value);
    } else {  // the child may have been split on the way
      room = room && add_run(*leaf_below({child, next}, key).bucket, value, count);
    }
  });
  if (!room) {  // the list is still whole; what the children took is the arena's loss
    if (level == kRootLevel) octaves_ = {};
    return false;
  }
  Footer* last = bucket.last;
  bucket.tail = nullptr;
  bucket.children = children;
  while (last != nullptr) {
    Footer* previous = last->previous;
    recycle(last);
    last = previous;
  }
  return true;
}

void Tree::recycle(Footer* piece) {
  if (piece->capacity == 0) {
    arena_->recycle(run_of(piece), sizeof(Run));
  } else {
    arena_->recycle(piece->begin(), chunk_bytes(piece->capacity));
  }
}

}  // namespace millrace::exact
