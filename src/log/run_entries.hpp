// SPDX-License-Identifier: Apache-2.0
//
// RunEntries: the names and accounts of a run as its log needs them: each once before it is used, and
// all again at the start of each segment, names first.
//
//   entries.name(NameKind::label, 1, "blue");
//   while (entries.waiting()) {
//     const RunEntries::Pack pack = entries.pack(room);   // of as many as fit in so many bytes
//     if (pack.n == 0) ...;                               // none: more room is needed
//     ...; entries.written(pack);
//   }
//   entries.repeat();                                     // a new segment
//
// Cost      pack() allocates nothing.
// Threads   One.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "log/format.hpp"

namespace millrace::log {

class RunEntries {
 public:
  RunEntries() { payload_.reserve(kPayloadBytesMax); }

  /// Text beyond kNameBytesMax is cut off.
  void name(NameKind kind, std::uint16_t number, std::string_view text);
  /// Takes back the name that came last, before it was packed.
  void forget_name() noexcept;
  /// The latest of a worker is what is written; one that says nothing new is not.
  void account(const AccountEntry& entry);

  [[nodiscard]] bool waiting() const noexcept {
    return names_written_ < names_.size() || !changed_.empty();
  }
  void repeat();

  struct Pack {
    FrameType type = FrameType::names;
    std::uint32_t n = 0;
    std::span<const std::byte> payload;  // valid until the next call
  };
  [[nodiscard]] Pack pack(std::uint32_t room) noexcept;
  void written(const Pack& pack) noexcept;

  /// Of all entries, packed.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct Name {
    NameKind kind;
    std::uint16_t number;
    std::string text;
  };
  struct Account {
    AccountEntry entry;
    bool waits = false;
  };
  std::vector<Name> names_;
  std::size_t names_written_ = 0;
  std::vector<Account> accounts_;
  std::unordered_map<std::uint32_t, std::uint32_t> account_of_;  // worker to index
  std::vector<std::uint32_t> changed_;                           // indices, oldest first
  std::vector<std::byte> payload_;
  std::uint64_t bytes_ = 0;
};

}  // namespace millrace::log
