// SPDX-License-Identifier: Apache-2.0
#include "stats/arena.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {
namespace {

constexpr std::size_t kKiB = 1024, kMiB = 1024 * kKiB;

std::uintptr_t address(const void* piece) { return reinterpret_cast<std::uintptr_t>(piece); }

TEST(Arena, HoldsNothingUntilAsked) {
  Arena arena(kMiB);
  EXPECT_EQ(arena.bytes(), 0u);
  EXPECT_EQ(arena.cap_bytes(), kMiB);
}

TEST(Arena, StartsSmall) {
  Arena arena(64 * kMiB);
  ASSERT_NE(arena.allocate(64), nullptr);
  EXPECT_EQ(arena.bytes(), 64 * kKiB);
}

TEST(Arena, HoldsAtMostAQuarterMoreThanWasAskedForOnceItGrew) {
  Arena arena(64 * kMiB);
  for (std::size_t asked = 4 * kKiB; asked <= 16 * kMiB; asked += 4 * kKiB) {
    ASSERT_NE(arena.allocate(4 * kKiB), nullptr);
    ASSERT_LE(arena.bytes(), asked * 5 / 4 + 64 * kKiB);
  }
}

TEST(Arena, AlignsPieces) {
  Arena arena(kMiB);
  for (const std::size_t bytes : {1u, 16u, 32u, 33u, 64u, 65u, 528u, 4096u}) {
    EXPECT_EQ(address(arena.allocate(bytes)) % (bytes > 32 ? 64 : 16), 0u) << bytes;
  }
}

TEST(Arena, GivesPiecesThatDoNotOverlap) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    Arena arena(64 * kMiB);
    struct Piece {
      unsigned char* at;
      std::size_t bytes;
      unsigned char mark;
    };
    std::vector<Piece> held;
    for (int step = 0; step < 3'000; ++step) {
      if (held.empty() || random() % 3 != 0) {
        const std::size_t bytes = std::size_t{1} << (random() % 14);
        auto* at = static_cast<unsigned char*>(arena.allocate(bytes));
        ASSERT_NE(at, nullptr);
        const auto mark = static_cast<unsigned char>(random());
        std::memset(at, mark, bytes);
        held.push_back({at, bytes, mark});
        continue;
      }
      std::swap(held[random() % held.size()], held.back());
      const Piece piece = held.back();
      held.pop_back();
      for (std::size_t i = 0; i < piece.bytes; ++i) ASSERT_EQ(piece.at[i], piece.mark);
      arena.recycle(piece.at, piece.bytes);
    }
  }
}

TEST(Arena, GivesARecycledPieceAgain) {
  Arena arena(64 * kKiB);
  void* first = arena.allocate(128);
  void* second = arena.allocate(128);
  arena.recycle(first, 128);
  arena.recycle(second, 128);
  EXPECT_EQ((std::set<void*>{arena.allocate(128), arena.allocate(128)}),
            (std::set<void*>{first, second}));
  EXPECT_EQ(arena.bytes(), 64 * kKiB);
}

TEST(Arena, KeepsItsCap) {
  for (const std::size_t cap : {0 * kKiB, 4 * kKiB, 100 * kKiB, 5 * kMiB + 12 * kKiB}) {
    SCOPED_TRACE(testing::Message() << "cap " << cap);
    Arena arena(cap);
    std::size_t given = 0;
    while (arena.allocate(4 * kKiB) != nullptr) given += 4 * kKiB;
    EXPECT_LE(arena.bytes(), cap);
    EXPECT_EQ(given, cap);
    EXPECT_EQ(arena.allocate(4 * kKiB), nullptr) << "and stays full";
  }
}

TEST(Arena, GivesTheLargestPieceAndHugePages) {
  Arena arena(16 * kMiB);
  for (int i = 0; i < 10; ++i) {
    void* piece = arena.allocate(kMiB);
    ASSERT_NE(piece, nullptr);
    std::memset(piece, i, kMiB);
  }
}

TEST(Arena, CanBeUsedAgainAfterReleaseAll) {
  Arena arena(128 * kKiB);
  while (arena.allocate(1024) != nullptr) {
  }

  arena.release_all();

  EXPECT_EQ(arena.bytes(), 0u);
  EXPECT_NE(arena.allocate(1024), nullptr);
}

TEST(Arena, CountsWhatIsHeldElsewhereAgainstItsCap) {
  Arena arena(std::size_t{256} << 10);
  ASSERT_NE(arena.allocate(64), nullptr);
  const std::size_t left = arena.cap_bytes() - arena.bytes();

  EXPECT_FALSE(arena.count_outside(left + 1));
  EXPECT_EQ(arena.bytes(), arena.cap_bytes() - left);
  EXPECT_TRUE(arena.count_outside(left));
  EXPECT_EQ(arena.bytes(), arena.cap_bytes());
  while (arena.allocate(4096) != nullptr) {
  }
  EXPECT_EQ(arena.bytes(), arena.cap_bytes());
  arena.release_all();
  EXPECT_EQ(arena.bytes(), 0u);
}

}  // namespace
}  // namespace millrace
