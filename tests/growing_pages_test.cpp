// SPDX-License-Identifier: Apache-2.0
#include "stats/growing_pages.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

#include <gtest/gtest.h>

namespace millrace {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

TEST(GrowingPages, WhatWasWrittenStaysWhileTheyGrow) {
  GrowingPages pages;
  EXPECT_EQ(pages.bytes(), 0u);
  std::size_t before = 0;
  // On both sides of 2 MiB, and by steps that are no multiple of it.
  for (const std::size_t bytes : {std::size_t{16}, std::size_t{4'096}, kMiB, 2 * kMiB - 1, 2 * kMiB,
                                  3 * kMiB, 8 * kMiB, 64 * kMiB + 1}) {
    if (bytes <= pages.bytes()) continue;
    ASSERT_TRUE(pages.grow(bytes));
    ASSERT_GE(pages.bytes(), bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pages.data()) % 16, 0u);
    for (std::size_t i = 0; i < before; i += 4'093) {
      ASSERT_EQ(pages.data()[i], static_cast<std::byte>(i / 4'093)) << bytes;
    }
    before = pages.bytes();
    for (std::size_t i = 0; i < before; i += 4'093) {
      pages.data()[i] = static_cast<std::byte>(i / 4'093);
    }
  }
  GrowingPages moved = std::move(pages);
  EXPECT_EQ(moved.bytes(), before);
  EXPECT_EQ(moved.data()[4'093], std::byte{1});
  moved.release();
  EXPECT_EQ(moved.bytes(), 0u);
  ASSERT_TRUE(moved.grow(100)) << "again from the beginning";
}

TEST(GrowingPages, AreOfTheSizeAskedForUpToTwoMiB) {
  GrowingPages pages;
  ASSERT_TRUE(pages.grow(4'096));
  EXPECT_EQ(pages.bytes(), 4'096u);
  ASSERT_TRUE(pages.grow(2 * kMiB));
  EXPECT_EQ(pages.bytes(), 2 * kMiB);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pages.data()) % (2 * kMiB), 0u);
}

TEST(GrowingPages, OfNoMemoryAreLeftAsTheyWere) {
  for (const std::size_t bytes : {std::size_t{1'000}, 2 * kMiB}) {
    GrowingPages pages;
    ASSERT_TRUE(pages.grow(bytes));
    std::memset(pages.data(), 7, bytes);
    EXPECT_FALSE(pages.grow(std::size_t{1} << 56));
    EXPECT_EQ(pages.bytes(), bytes);
    EXPECT_EQ(pages.data()[bytes - 1], std::byte{7});
  }
}

}  // namespace
}  // namespace millrace
