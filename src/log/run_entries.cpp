// SPDX-License-Identifier: Apache-2.0
#include "log/run_entries.hpp"

#include <algorithm>

#include "log/entries.hpp"

namespace millrace::log {

void RunEntries::name(NameKind kind, std::uint16_t number, std::string_view text) {
  names_.push_back({kind, number, std::string(text.substr(0, kNameBytesMax))});
  bytes_ += name_entry_bytes(names_.back().text);
}

void RunEntries::forget_name() noexcept {
  bytes_ -= name_entry_bytes(names_.back().text);
  names_.pop_back();
}

void RunEntries::account(const AccountEntry& entry) {
  const auto [known, fresh] =
      account_of_.try_emplace(entry.worker, static_cast<std::uint32_t>(accounts_.size()));
  if (fresh) {
    accounts_.push_back({});
    bytes_ += sizeof entry;
    changed_.reserve(accounts_.size());  // repeat() finds the room
  }
  Account& account = accounts_[known->second];
  if (!fresh && std::memcmp(&account.entry, &entry, sizeof entry) == 0) return;
  account.entry = entry;
  if (!account.waits) changed_.push_back(known->second);
  account.waits = true;
}

void RunEntries::repeat() {
  names_written_ = 0;
  changed_.clear();
  for (std::uint32_t i = 0; i < accounts_.size(); ++i) {
    accounts_[i].waits = true;
    changed_.push_back(i);
  }
}

RunEntries::Pack RunEntries::pack(std::uint32_t room) noexcept {
  payload_.clear();
  Pack pack;
  room = std::min(room, kPayloadBytesMax);  // what payload_ has room for
  if (names_written_ < names_.size()) {
    for (std::size_t i = names_written_; i < names_.size(); ++i, ++pack.n) {
      const Name& name = names_[i];
      if (payload_.size() + name_entry_bytes(name.text) > room) break;
      pack_name(payload_, name.kind, name.number, name.text);
    }
  } else {
    pack.type = FrameType::account;
    const std::size_t fits = std::min(changed_.size(), room / sizeof(AccountEntry));
    for (; pack.n < fits; ++pack.n) {
      const AccountEntry& entry = accounts_[changed_[pack.n]].entry;
      const auto bytes = std::as_bytes(std::span(&entry, 1));
      payload_.insert(payload_.end(), bytes.begin(), bytes.end());
    }
  }
  pack.payload = payload_;
  return pack;
}

void RunEntries::written(const Pack& pack) noexcept {
  if (pack.type == FrameType::names) {
    names_written_ += pack.n;
    return;
  }
  const auto last = changed_.begin() + pack.n;
  for (auto at = changed_.begin(); at != last; ++at) accounts_[*at].waits = false;
  changed_.erase(changed_.begin(), last);
}

}  // namespace millrace::log
