// SPDX-License-Identifier: Apache-2.0
#include <random>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "log/entries.hpp"

namespace millrace::log {
namespace {

using Names = std::vector<std::tuple<NameKind, std::uint16_t, std::string>>;

// nullopt: refused.
std::optional<Names> names_of(std::span<const std::byte> payload, std::uint32_t n) {
  Names names;
  const bool good = for_each_name(payload, n, [&](auto kind, auto number, auto text) {
    names.emplace_back(kind, number, std::string(text));
  });
  EXPECT_TRUE(good || names.empty()) << "half a frame was shown";
  return good ? std::optional(names) : std::nullopt;
}

TEST(LogEntries, NamesComeBackAsTheyWerePacked) {
  std::mt19937 random(1);
  Names packed;
  std::vector<std::byte> payload;
  for (std::uint16_t i = 0; i < 200; ++i) {
    const auto kind = static_cast<NameKind>(1 + i % 3);
    std::string text(random() % 20, '\0');  // every byte is allowed
    for (char& c : text) c = static_cast<char>(random());
    const std::size_t before = payload.size();
    pack_name(payload, kind, i, text);
    EXPECT_EQ(payload.size() - before, name_entry_bytes(text));
    EXPECT_EQ(payload.size() % 8, 0u);
    packed.emplace_back(kind, i, text);
  }
  EXPECT_EQ(names_of(payload, 200), packed);
  payload.resize(payload.size() + 40);  // a frame's zeros
  EXPECT_EQ(names_of(payload, 200), packed);
}

TEST(LogEntries, TheLongestNameFitsAndALongerOneIsRefused) {
  std::vector<std::byte> payload;
  pack_name(payload, NameKind::stream, 1, std::string(kNameBytesMax, 'x'));
  EXPECT_TRUE(names_of(payload, 1));
  payload.resize(payload.size() + 8);
  const std::uint32_t longer = kNameBytesMax + 1;
  std::memcpy(payload.data() + 4, &longer, sizeof longer);
  EXPECT_FALSE(names_of(payload, 1));
}

TEST(LogEntries, PayloadsThatAreNoNamesAreRefused) {
  std::vector<std::byte> good;
  pack_name(good, NameKind::label, 1, "abc");
  pack_name(good, NameKind::label, 2, "defgh");
  ASSERT_EQ(good.size(), 32u);
  ASSERT_TRUE(names_of(good, 2));
  EXPECT_FALSE(names_of(good, 3));  // fewer than told
  EXPECT_FALSE(names_of(good, 1));  // more
  EXPECT_FALSE(names_of(good, ~0u));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(names_of(std::span(good).first(size), 2)) << size;
  }
  const auto with = [&](std::size_t at, int value) {
    auto bytes = good;
    bytes[at] = static_cast<std::byte>(value);
    return names_of(bytes, 2);
  };
  EXPECT_FALSE(with(0, 0));     // no kind
  EXPECT_FALSE(with(0, 4));     // none that is known
  EXPECT_FALSE(with(1, 1));     // not zero
  EXPECT_FALSE(with(12, 1));    // behind the text: not zero
  EXPECT_FALSE(with(7, 0x80));  // 2 GiB of text
  EXPECT_TRUE(with(2, 9));      // another number is another number
}

TEST(LogEntries, AccountsComeBackAndNothingElseDoes) {
  const AccountEntry entries[] = {{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}};
  std::vector<std::byte> payload(std::as_bytes(std::span(entries)).begin(),
                                 std::as_bytes(std::span(entries)).end());
  std::vector<std::uint64_t> seen;
  const auto visit = [&](const AccountEntry& entry) { seen.push_back(entry.rejected_reentrant); };
  EXPECT_TRUE(for_each_account(payload, 2, visit));
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{6, 12}));
  seen.clear();
  EXPECT_FALSE(for_each_account(payload, 1, visit));
  EXPECT_FALSE(for_each_account(payload, 3, visit));
  EXPECT_FALSE(for_each_account(payload, ~0u, visit));
  EXPECT_FALSE(for_each_account(std::span(payload).first(79), 2, visit));
  EXPECT_TRUE(seen.empty());
  EXPECT_TRUE(for_each_account({}, 0, visit));
}

}  // namespace
}  // namespace millrace::log
