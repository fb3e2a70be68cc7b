// SPDX-License-Identifier: Apache-2.0
//
// From an octave (the top 12 bits of an order key) to a T, which is T{} before it is first used. A
// metric seldom has values in more than twenty octaves, but any of the 4,096 may come.
//
// OctaveMap    small: open addressing by the octave's low bits, at most half full. Neighbouring
//              octaves have neighbouring slots: one probe, unless values lie very far apart.
//              Nothing while empty, then two to four slots an octave.
// OctaveArray  fast: an array of all octaves (32 KiB of pointers), made at first use.
//
// Lifetime     A pointer or reference is good until the next at().
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "stats/order_key.hpp"

namespace millrace {

template <typename T>
class OctaveMap {
 public:
  [[nodiscard]] bool empty() const noexcept { return slots_.empty(); }
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return slots_.size() * sizeof(Slot); }
  /// Of a map of n octaves.
  [[nodiscard]] static constexpr std::size_t memory_bytes_for(std::size_t n) noexcept {
    std::size_t slots = n == 0 ? 0 : kSlotsMin;
    while (2 * n > slots) slots *= 2;
    return slots * sizeof(Slot);
  }
  /// By how much memory_bytes() grows when one more octave comes.
  [[nodiscard]] std::size_t growth_bytes() const noexcept {
    return memory_bytes_for(used_ + 1) - memory_bytes();
  }

  /// nullptr when there is none.
  [[nodiscard]] const T* find(std::uint32_t octave) const noexcept {
    if (slots_.empty()) return nullptr;
    for (std::uint32_t i = octave;; ++i) {
      const Slot& slot = slots_[i & mask_];
      if (slot.octave == octave) return &slot.value;
      if (slot.octave == kNone) return nullptr;
    }
  }

  [[nodiscard]] T* find(std::uint32_t octave) noexcept {
    return const_cast<T*>(std::as_const(*this).find(octave));
  }

  /// Makes it when there is none.
  T& at(std::uint32_t octave) {
    if (T* found = find(octave)) return *found;
    if (2 * (used_ + 1) > slots_.size()) grow();
    ++used_;
    Slot& slot = free_slot(octave);
    slot.octave = octave;
    return slot.value;
  }

  /// visit(octave, value), octaves ascending.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    std::vector<const Slot*> ascending;
    ascending.reserve(used_);
    for (const Slot& slot : slots_) {
      if (slot.octave != kNone) ascending.push_back(&slot);
    }
    std::sort(ascending.begin(), ascending.end(),
              [](const Slot* a, const Slot* b) { return a->octave < b->octave; });
    for (const Slot* slot : ascending) visit(slot->octave, slot->value);
  }

 private:
  static constexpr std::uint32_t kNone = kOctaves;
  static constexpr std::size_t kSlotsMin = 8;
  struct Slot {
    std::uint32_t octave = kNone;
    T value{};
  };

  Slot& free_slot(std::uint32_t octave) noexcept {
    std::uint32_t i = octave & mask_;
    while (slots_[i].octave != kNone) i = (i + 1) & mask_;
    return slots_[i];
  }

  void grow() {
    std::vector<Slot> old(std::max(kSlotsMin, 2 * slots_.size()));
    old.swap(slots_);
    mask_ = static_cast<std::uint32_t>(slots_.size() - 1);
    for (Slot& slot : old) {
      if (slot.octave == kNone) continue;
      Slot& place = free_slot(slot.octave);
      place.octave = slot.octave;
      place.value = std::move(slot.value);
    }
  }

  std::vector<Slot> slots_;  // a power of two, and some always free: that ends a search
  std::size_t used_ = 0;
  std::uint32_t mask_ = 0;
};

template <typename T>
class OctaveArray {
 public:
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return all_ ? sizeof *all_ : 0; }
  [[nodiscard]] T* find(std::uint32_t octave) noexcept { return all_ ? &(*all_)[octave] : nullptr; }
  T& at(std::uint32_t octave) {
    if (!all_) all_ = std::make_unique<std::array<T, kOctaves>>();
    return (*all_)[octave];
  }
  /// visit(octave, value) for those that are true, octaves ascending.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (!all_) return;
    for (std::uint32_t octave = 0; octave < kOctaves; ++octave) {
      if ((*all_)[octave]) visit(octave, (*all_)[octave]);
    }
  }

 private:
  std::unique_ptr<std::array<T, kOctaves>> all_;
};

}  // namespace millrace
