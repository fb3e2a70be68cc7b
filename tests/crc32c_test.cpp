// SPDX-License-Identifier: Apache-2.0
//
// CRC32C against the vectors of its standard and against the definition, one bit at a time.
#include "record/crc32c.hpp"

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {
namespace {

// The polynomial 0x1EDC6F41, reflected; register and result inverted (RFC 3720, 12.1).
std::uint32_t by_definition(const std::uint8_t* bytes, std::size_t n, std::uint32_t before = 0) {
  std::uint32_t crc = ~before;
  for (std::size_t i = 0; i < n; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82F63B78u : 0);
  }
  return ~crc;
}

std::vector<std::uint8_t> random_bytes(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint8_t> bytes(n);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// RFC 3720, appendix B.4; its values are printed there as bytes in the order of transmission.
TEST(Crc32c, GivesTheKnownAnswersOfItsStandard) {
  std::array<std::uint8_t, 32> bytes{};
  EXPECT_EQ(crc32c(bytes.data(), bytes.size()), 0x8A9136AAu);
  bytes.fill(0xFF);
  EXPECT_EQ(crc32c(bytes.data(), bytes.size()), 0x62A8AB43u);
  for (std::uint8_t i = 0; i < 32; ++i) bytes[i] = i;
  EXPECT_EQ(crc32c(bytes.data(), bytes.size()), 0x46DD794Eu);
  for (std::uint8_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::uint8_t>(31 - i);
  EXPECT_EQ(crc32c(bytes.data(), bytes.size()), 0x113FDB5Cu);

  constexpr std::uint8_t kReadCommand[48] = {
      0x01, 0xC0, 0, 0, 0, 0, 0,    0, 0,   0, 0, 0,    0, 0, 0, 0,     //
      0x14, 0,    0, 0, 0, 0, 0x04, 0, 0,   0, 0, 0x14, 0, 0, 0, 0x18,  //
      0x28, 0,    0, 0, 0, 0, 0,    0, 0x02};
  EXPECT_EQ(crc32c(kReadCommand, sizeof kReadCommand), 0xD9963A56u);
  EXPECT_EQ(crc32c("123456789", 9), 0xE3069283u);
}

TEST(Crc32c, IsZeroOfNothingAndNothingChangesIt) {
  EXPECT_EQ(crc32c("", 0), 0u);
  EXPECT_EQ(crc32c("", 0, 0xE3069283u), 0xE3069283u);
}

// Lengths and alignments take ISA-L through its head, its folded middle and its tail.
TEST(Crc32c, FollowsTheDefinitionAtEveryShortLengthAndAlignment) {
  constexpr std::size_t kLengthMost = 300;
  constexpr std::size_t kAlignments = 64;
  const auto bytes = random_bytes(kLengthMost + kAlignments, 7);
  for (std::size_t from = 0; from < kAlignments; ++from) {
    for (std::size_t n = 0; n <= kLengthMost; ++n) {
      ASSERT_EQ(crc32c(bytes.data() + from, n), by_definition(bytes.data() + from, n))
          << n << " bytes from " << from << ", seed 7";
    }
  }
}

TEST(Crc32c, FollowsTheDefinitionOverAStripeAndItsEdges) {
  constexpr std::size_t kStripe = 65'536;
  const auto bytes = random_bytes(kStripe + 1, 8);
  for (const std::size_t n : {kStripe - 65, kStripe - 64, kStripe - 1, kStripe, kStripe + 1}) {
    EXPECT_EQ(crc32c(bytes.data(), n), by_definition(bytes.data(), n)) << n << " bytes, seed 8";
  }
}

TEST(Crc32c, GoesOnFromWhatStandsInFront) {
  const auto bytes = random_bytes(700, 9);
  const std::uint32_t whole = by_definition(bytes.data(), bytes.size());
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::uint32_t front = crc32c(bytes.data(), cut);
    ASSERT_EQ(crc32c(bytes.data() + cut, bytes.size() - cut, front), whole) << "cut at " << cut;
  }
  std::uint32_t crc = 0;
  for (const std::uint8_t byte : bytes) crc = crc32c(&byte, 1, crc);
  EXPECT_EQ(crc, whole) << "byte by byte";
}

TEST(Crc32c, SeesEverySingleBitAndEveryBurstOf32) {
  auto bytes = random_bytes(128, 10);
  const std::uint32_t right = crc32c(bytes.data(), bytes.size());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    ASSERT_NE(crc32c(bytes.data(), bytes.size()), right) << "bit " << bit;
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
  }
  std::mt19937_64 random(11);
  for (int round = 0; round < 20'000; ++round) {
    const auto burst = static_cast<std::uint32_t>(random()) | 1u;
    const std::size_t at = random() % (bytes.size() - 4);
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] ^= static_cast<std::uint8_t>(burst >> 8 * i);
    ASSERT_NE(crc32c(bytes.data(), bytes.size()), right) << "round " << round << ", seed 11";
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] ^= static_cast<std::uint8_t>(burst >> 8 * i);
  }
}

}  // namespace
}  // namespace millrace
