// SPDX-License-Identifier: Apache-2.0
//
// The entries of NAMES and ACCOUNT frames, packed into payloads and taken out again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "log/format.hpp"

namespace millrace::log {

/// What packing takes: the entry and its zeros.
std::size_t name_entry_bytes(std::string_view text) noexcept;
/// Appends one entry. The text is at most kNameBytesMax long.
void pack_name(std::vector<std::byte>& payload, NameKind kind, std::uint16_t number,
               std::string_view text);

/// visit(kind, number, text) for each entry; false: the payload does not hold `n` whole entries, or
/// something that must be zero is not.
bool for_each_name(std::span<const std::byte> payload, std::uint32_t n,
                   const std::function<void(NameKind, std::uint16_t, std::string_view)>& visit);
bool for_each_account(std::span<const std::byte> payload, std::uint32_t n,
                      const std::function<void(const AccountEntry&)>& visit);

}  // namespace millrace::log
