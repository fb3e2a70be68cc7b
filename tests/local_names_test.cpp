// SPDX-License-Identifier: Apache-2.0
#include "record/local_names.hpp"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(LocalNames, NumbersNamesInOrderOfAppearanceFromTwo) {
  LocalNames names;
  EXPECT_EQ(names.add("b"), 2);
  EXPECT_EQ(names.add("a"), 3);
  EXPECT_EQ(names.add("b"), 2);

  std::vector<std::string> seen;
  names.names_from(seen);
  EXPECT_EQ(seen, (std::vector<std::string>{"b", "a"}));
}

TEST(LocalNames, GivesOnlyWhatTheCallerDoesNotHave) {
  LocalNames names;
  std::vector<std::string> seen;
  names.add("x");
  names.names_from(seen);
  seen[0] = "kept";
  names.add("y");
  names.names_from(seen);
  EXPECT_EQ(seen, (std::vector<std::string>{"kept", "y"}));
}

TEST(LocalNames, CutsLongNamesBetweenCharacters) {
  LocalNames names;
  const std::string exact(LocalNames::kNameBytesMax, 'x');
  const std::string two_bytes = std::string(LocalNames::kNameBytesMax - 1, 'x') + "\u00e9";
  const std::string no_utf8(300, '\x80');

  EXPECT_EQ(names.add(exact), 2);
  EXPECT_EQ(names.add(exact + "y"), 2);
  EXPECT_EQ(names.add(two_bytes), 3);
  EXPECT_EQ(names.add(no_utf8), 4);

  std::vector<std::string> seen;
  names.names_from(seen);
  EXPECT_EQ(seen[1], two_bytes.substr(0, LocalNames::kNameBytesMax - 1));
  EXPECT_GE(seen[2].size(), LocalNames::kNameBytesMax - 3);
}

TEST(LocalNames, PutsNamesBeyondTheLastNumberIntoOther) {
  LocalNames names;
  for (int i = 2; i <= 65'535; ++i) ASSERT_EQ(names.add(std::to_string(i)), i);
  EXPECT_EQ(names.add("one more"), LocalNames::kOther);
  EXPECT_EQ(names.add("2"), 2);
}

TEST(LocalNames, CanBeReadWhileItGrows) {
  constexpr int kNames = 20'000;
  LocalNames names;
  std::thread parser([&] {
    for (int i = 0; i < kNames; ++i) names.add(std::to_string(i));
  });
  std::vector<std::string> seen;
  while (seen.size() < kNames) names.names_from(seen);
  parser.join();
  for (int i = 0; i < kNames; ++i) ASSERT_EQ(seen[static_cast<std::size_t>(i)], std::to_string(i));
}

}  // namespace
}  // namespace millrace
