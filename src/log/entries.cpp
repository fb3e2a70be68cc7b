// SPDX-License-Identifier: Apache-2.0
#include "log/entries.hpp"

#include <algorithm>
#include <cassert>

#include "log/frame_check.hpp"

namespace millrace::log {
namespace {

constexpr std::size_t kEntryAlign = 8;

constexpr std::size_t padded(std::size_t bytes) noexcept {
  return (bytes + kEntryAlign - 1) / kEntryAlign * kEntryAlign;
}

template <typename T>
T read(std::span<const std::byte> bytes) noexcept {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// What the entry at the front takes; 0: it is none.
std::size_t checked_name(std::span<const std::byte> rest) noexcept {
  if (rest.size() < sizeof(NameEntry)) return 0;
  const auto entry = read<NameEntry>(rest);
  const auto kind = static_cast<std::uint8_t>(entry.kind);
  if (kind < 1 || kind > 3 || entry.zero != 0 || entry.bytes > kNameBytesMax) return 0;
  const std::size_t used = sizeof(NameEntry) + entry.bytes;
  const std::size_t whole = padded(used);
  if (whole > rest.size() || !all_zero(rest.subspan(used, whole - used))) return 0;
  return whole;
}

}  // namespace

std::size_t name_entry_bytes(std::string_view text) noexcept {
  return padded(sizeof(NameEntry) + text.size());
}

void pack_name(std::vector<std::byte>& payload, NameKind kind, std::uint16_t number,
               std::string_view text) {
  assert(text.size() <= kNameBytesMax);
  const NameEntry entry{kind, 0, number, static_cast<std::uint32_t>(text.size())};
  const std::size_t at = payload.size();
  payload.resize(at + name_entry_bytes(text));  // its new bytes are zero
  std::memcpy(payload.data() + at, &entry, sizeof entry);
  if (!text.empty()) std::memcpy(payload.data() + at + sizeof entry, text.data(), text.size());
}

bool for_each_name(std::span<const std::byte> payload, std::uint32_t n,
                   const std::function<void(NameKind, std::uint16_t, std::string_view)>& visit) {
  // All are checked before the first is shown: half a frame is no frame.
  auto rest = payload;
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::size_t bytes = checked_name(rest);
    if (bytes == 0) return false;
    rest = rest.subspan(bytes);
  }
  if (!all_zero(rest)) return false;
  rest = payload;
  for (std::uint32_t i = 0; i < n; ++i) {
    const auto entry = read<NameEntry>(rest);
    const auto* text = reinterpret_cast<const char*>(rest.data() + sizeof entry);
    visit(entry.kind, entry.number, {text, entry.bytes});
    rest = rest.subspan(padded(sizeof entry + entry.bytes));
  }
  return true;
}

bool for_each_account(std::span<const std::byte> payload, std::uint32_t n,
                      const std::function<void(const AccountEntry&)>& visit) {
  const std::size_t bytes = std::size_t{n} * sizeof(AccountEntry);
  if (bytes > payload.size() || !all_zero(payload.subspan(bytes))) return false;
  for (std::size_t at = 0; at < bytes; at += sizeof(AccountEntry)) {
    visit(read<AccountEntry>(payload.subspan(at)));
  }
  return true;
}

}  // namespace millrace::log
