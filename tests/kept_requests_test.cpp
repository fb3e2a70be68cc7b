// SPDX-License-Identifier: Apache-2.0
#include "replay/kept_requests.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "temporary_folder.hpp"

namespace millrace {
namespace {

Status status_of(std::uint64_t id) {
  return static_cast<Status>(id % 7 == 0 ? 1 : id % 11 == 0 ? 2 : 0);
}

std::vector<std::uint64_t> ids(KeptRequests& kept, Status status) {
  std::vector<std::uint64_t> found;
  const auto visited = kept.visit(status, [&](const GenerationRecord& r) -> Result<void> {
    EXPECT_EQ(r.status, status);
    found.push_back(r.request_id);
    return {};
  });
  EXPECT_TRUE(visited) << visited.error().message;
  return found;
}

void add(KeptRequests& kept, std::uint64_t requests) {
  for (std::uint64_t id = 0; id < requests; ++id) {
    kept.add({.status = status_of(id), .request_id = id});
  }
  kept.finish();
}

TEST(KeptRequests, AllAreThereByStatusInTheirOrderFromFileAndMemory) {
  for (const std::uint64_t requests : {0u, 5u, 1'023u, 10'000u}) {
    KeptRequests kept(std::nullopt, "");
    add(kept, requests);
    for (int s = 0; s < 3; ++s) {
      std::vector<std::uint64_t> expected;
      for (std::uint64_t id = 0; id < requests; ++id) {
        if (status_of(id) == static_cast<Status>(s)) expected.push_back(id);
      }
      EXPECT_EQ(ids(kept, static_cast<Status>(s)), expected);
      EXPECT_EQ(ids(kept, static_cast<Status>(s)), expected) << "again";
      EXPECT_EQ(kept.kept(static_cast<Status>(s)), expected.size());
    }
  }
}

TEST(KeptRequests, AreSampledEachStatusByItself) {
  KeptRequests kept(100, "");
  add(kept, 200);  // 29 errors, 16 incomplete: all of them
  EXPECT_EQ(kept.kept(Status::ok), 100u);
  EXPECT_EQ(ids(kept, Status::ok).size(), 100u);
  EXPECT_EQ(ids(kept, Status::error).size(), 29u);
  EXPECT_EQ(ids(kept, Status::incomplete).size(), kept.kept(Status::incomplete));
  KeptRequests again(100, "");
  add(again, 200);
  EXPECT_EQ(ids(kept, Status::ok), ids(again, Status::ok));
  KeptRequests none(0, "");
  add(none, 200);
  EXPECT_TRUE(ids(none, Status::ok).empty());
  EXPECT_GT(none.seen(Status::ok), 100u);
}

TEST(KeptRequests, SayWhyTheyCouldNotBePutAway) {
  TemporaryFolder folder;
  KeptRequests kept(std::nullopt, folder / "missing");
  add(kept, 10'000);
  const auto visited =
      kept.visit(Status::ok, [](const GenerationRecord&) -> Result<void> { return {}; });
  ASSERT_FALSE(visited);
  EXPECT_EQ(visited.error().code, Errc::io);
  EXPECT_NE(visited.error().message.find("missing"), std::string::npos);
}

TEST(KeptRequests, EndAVisitWithItsError) {
  KeptRequests kept(std::nullopt, "");
  add(kept, 5'000);
  int seen = 0;
  const auto visited = kept.visit(Status::ok, [&](const GenerationRecord&) -> Result<void> {
    if (++seen == 3) return failure(Errc::failed, "enough");
    return {};
  });
  EXPECT_EQ(visited.error().message, "enough");
  EXPECT_EQ(seen, 3);
}

}  // namespace
}  // namespace millrace
