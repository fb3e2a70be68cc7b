// SPDX-License-Identifier: Apache-2.0
#include "log/names_file.hpp"

#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log_run.hpp"

namespace millrace::log {
namespace {

Walked walk_names(const std::string& path) {
  Walked walked;
  const Walker walker(walked, path, true);
  return walked;
}

TEST(NamesFile, EntriesAreThereWhenTheCallReturns) {
  TemporaryFolder dir;
  auto names = NamesFile::create(dir.str(), test_header()).value();
  EXPECT_EQ(names->path(),
            dir.str() + "/names-07070707070707070707070707070707-000000000000002a.mln");
  EXPECT_EQ(walk_names(names->path()).faults, std::vector<std::string>{});
  std::mt19937 random(3);
  std::vector<std::string> texts;
  for (std::uint16_t i = 0; i < 400; ++i) {  // over many stripes
    texts.push_back(std::string(random() % (i % 10 == 0 ? kNameBytesMax : 50u), 'x') + "y");
    ASSERT_TRUE(names->name(NameKind::label, i, texts.back()));
    ASSERT_TRUE(names->account(test_account(i, i * 2u)));
    if (i % 37 != 0) continue;
    const Walked walked = walk_names(names->path());
    ASSERT_EQ(walked.faults, std::vector<std::string>{});
    ASSERT_EQ(walked.names.size(), texts.size());
    ASSERT_EQ(walked.accounts.size(), texts.size());
  }
  const Walked walked = walk_names(names->path());
  EXPECT_GT(walked.pads, 3u);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(walked.names[i].second.first, static_cast<int>(i));
    EXPECT_EQ(walked.names[i].second.second, texts[i]);
    EXPECT_EQ(walked.accounts.at(static_cast<std::uint32_t>(i))[0], i * 2);
  }
  names->remove();
  EXPECT_EQ(dir.files().size(), 0u);
}

TEST(NamesFile, SeveralThreadsWriteOneFile) {
  TemporaryFolder dir;
  auto names = NamesFile::create(dir.str(), test_header()).value();
  {
    std::vector<std::jthread> threads;
    for (std::uint16_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint16_t i = 0; i < 100; ++i) {
          ASSERT_TRUE(
              names->name(NameKind::label, static_cast<std::uint16_t>(t * 100 + i), "text"));
        }
      });
    }
  }
  const std::string path = names->path();
  names.reset();  // leaves the file
  const Walked walked = walk_names(path);
  EXPECT_EQ(walked.faults, std::vector<std::string>{});
  EXPECT_EQ(walked.names.size(), 400u);
}

TEST(NamesFile, OneThatIsThereIsNotTouched) {
  TemporaryFolder dir;
  auto first = NamesFile::create(dir.str(), test_header()).value();
  ASSERT_TRUE(first->name(NameKind::label, 1, "a"));
  EXPECT_FALSE(NamesFile::create(dir.str(), test_header()));
  EXPECT_EQ(walk_names(first->path()).names.size(), 1u);
  EXPECT_FALSE(NamesFile::create(dir.str() + "/none", test_header()));
}

TEST(NamesFile, IsTheOwnersAloneAndAnotherFileOfItsNameStays) {
  TemporaryFolder dir;
  auto names = NamesFile::create(dir.str(), test_header()).value();
  struct stat about {};
  ASSERT_EQ(::stat(names->path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0600u);
  std::filesystem::remove(names->path());
  std::ofstream(names->path()) << "somebody else's";
  names->remove();
  EXPECT_EQ(dir.files().size(), 1u);
}

TEST(NamesFile, AForkedChildWritesNothing) {
  TemporaryFolder dir;
  auto names = NamesFile::create(dir.str(), test_header()).value();
  const pid_t child = ::fork();
  if (child == 0) {
    const bool refused = !names->name(NameKind::label, 1, "child");
    names->remove();
    names.reset();
    ::_exit(refused ? 0 : 1);
  }
  int how = 0;
  ASSERT_EQ(::waitpid(child, &how, 0), child);
  EXPECT_EQ(how, 0);
  ASSERT_TRUE(names->name(NameKind::label, 2, "parent"));
  EXPECT_EQ(walk_names(names->path()).names.size(), 1u);
}

}  // namespace
}  // namespace millrace::log
