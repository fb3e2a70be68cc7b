// SPDX-License-Identifier: Apache-2.0
//
// PieceReader against a model that splits strings: every line once, in order, at its place, in the
// piece that the rule of the cuts says.
#include "ingest/piece_reader.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

namespace millrace {
namespace {

struct Seen {
  std::uint64_t piece = 0;
  std::string text;
  std::size_t input = 0;
  std::uint64_t number = 0, byte_offset = 0;
  bool torn = false, too_long = false;
  bool operator==(const Seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << "piece " << seen.piece << " input " << seen.input << " line " << seen.number
             << " at " << seen.byte_offset << (seen.torn ? " torn" : "")
             << (seen.too_long ? " too long" : "") << " '" << seen.text.substr(0, 40) << "' ("
             << seen.text.size() << ")";
}

constexpr std::string_view kMark = "\xef\xbb\xbf";

std::vector<Seen> model(const std::vector<std::string>& inputs, std::size_t piece_bytes,
                        std::size_t line_bytes_max) {
  std::vector<Seen> lines;
  std::uint64_t piece = 0;
  std::size_t used = 0;
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    const std::string& all = inputs[input];
    std::size_t at = all.starts_with(kMark) ? kMark.size() : 0;
    for (std::uint64_t number = 1; at < all.size(); ++number) {
      const std::size_t newline = all.find('\n', at);
      const std::size_t end = newline == std::string::npos ? all.size() : newline;
      const std::size_t taken = end - at + 1;
      if (used > 0 && used + taken > piece_bytes) {
        ++piece;
        used = 0;
      }
      used += taken;
      Seen line{piece, all.substr(at, end - at), input, number, at, newline == std::string::npos};
      line.too_long = line.text.size() > line_bytes_max;
      if (line.too_long) line.text.clear();
      while (!line.text.empty() && std::string("\r \t").find(line.text.back()) != std::string::npos)
        line.text.pop_back();
      lines.push_back(line);
      at += taken;
    }
  }
  return lines;
}

void add_lines(const Piece& piece, std::vector<Seen>& lines) {
  piece.for_each_line([&](const Line& line) {
    lines.push_back({piece.number(), std::string(line.text), line.input, line.number,
                     line.byte_offset, line.torn, line.too_long});
  });
  // Readable, as parsers need it; AddressSanitizer looks.
  volatile char sum = 0;
  for (std::size_t i = 0; i < 64; ++i) sum = sum + piece.bytes().data()[piece.bytes().size() + i];
}

std::vector<Seen> lines_of(PieceReader& reader) {
  std::vector<Seen> lines;
  for (Piece piece; reader.next(piece);) add_lines(piece, lines);
  return lines;
}

std::string pack(const std::string& plain, unsigned how) {
  if (how == 1) {
    std::string packed(ZSTD_compressBound(plain.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 1));
    return packed;
  }
  if (how == 2) {
    z_stream stream{};
    deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, plain.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
  }
  return plain;
}

class PieceReaderTest : public testing::Test {
 protected:
  PieceReaderTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~PieceReaderTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& content) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  std::vector<std::string> files(const std::vector<std::string>& contents) const {
    std::vector<std::string> paths;
    for (const std::string& content : contents)
      paths.push_back(file(std::to_string(paths.size()), content));
    return paths;
  }
  std::unique_ptr<PieceReader> open(const std::vector<std::string>& contents,
                                    PieceReaderOptions options = {}) const {
    return PieceReader::open(files(contents), options).value();
  }

  std::filesystem::path folder_;
};

TEST_F(PieceReaderTest, AgreesWithTheModelOnRandomInputs) {
  for (unsigned seed = 0; seed < 1500; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return random() % n; };
    const std::size_t piece_bytes = 1 + below(seed % 2 ? 40 : 400);
    const std::size_t line_bytes_max = seed % 3 ? below(200) : 1 << 20;
    std::vector<std::string> contents(1 + below(5)), packed;
    for (std::string& content : contents) {
      if (below(5) == 0) content = kMark;
      const std::size_t lines = below(30);
      const std::size_t usual = 1 + below(100);
      for (std::size_t i = 0; i < lines; ++i) {
        const std::size_t length = below(12) == 0 ? below(3000) : below(usual);
        for (std::size_t k = 0; k < length; ++k) content += static_cast<char>(' ' + below(90));
        if (below(4) == 0) content += '\r';
        content += '\n';
      }
      if (below(2) == 0 && !content.empty()) content.pop_back();
      if (content == kMark.substr(0, 2)) content.clear();
      packed.push_back(pack(content, static_cast<unsigned>(below(3))));
    }

    auto reader = open(packed, {.piece_bytes = piece_bytes, .line_bytes_max = line_bytes_max});
    const std::vector<Seen> lines = lines_of(*reader);

    ASSERT_EQ(lines, model(contents, piece_bytes, line_bytes_max));
    EXPECT_TRUE(reader->input_errors().empty());
  }
}

TEST_F(PieceReaderTest, CutsManyFilesWhereItCutsTheirConcatenation) {
  std::mt19937 random(7);
  std::string whole;
  std::vector<std::string> parts(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::string line(random() % 300, 'x');
    whole += line + "\n";
    parts.back() += line + "\n";
    if (random() % 700 == 0) {
      if (random() % 2) parts.back().pop_back();
      parts.emplace_back();
    }
  }
  const auto cuts = [&](const std::vector<std::string>& contents) {
    std::map<std::uint64_t, std::vector<std::string>> texts;
    auto reader = open(contents, {.piece_bytes = 64 << 10});
    for (const Seen& seen : lines_of(*reader)) texts[seen.piece].push_back(seen.text);
    return texts;
  };
  EXPECT_GT(parts.size(), 5u);
  EXPECT_EQ(cuts(parts), cuts({whole}));
}

TEST_F(PieceReaderTest, FillsPiecesToTheByteAndNoFurther) {
  const std::string ten = "123456789\n";
  EXPECT_EQ(lines_of(*open({ten + ten}, {.piece_bytes = 20})).back().piece, 0u);
  EXPECT_EQ(lines_of(*open({ten + ten}, {.piece_bytes = 19})).back().piece, 1u);
  EXPECT_EQ(lines_of(*open({ten + ten.substr(0, 9)}, {.piece_bytes = 20})).back().piece, 0u);
  EXPECT_EQ(lines_of(*open({ten + ten.substr(0, 9)}, {.piece_bytes = 19})).back().piece, 1u);
  EXPECT_EQ(lines_of(*open({ten + ten}, {.piece_bytes = 1})).back().piece, 1u);
}

TEST_F(PieceReaderTest, HasNoPieceForEmptyInputs) {
  EXPECT_TRUE(lines_of(*open({})).empty());
  EXPECT_TRUE(lines_of(*open({"", std::string(kMark), ""})).empty());
  EXPECT_EQ(open({})->peek(), "");
}

TEST_F(PieceReaderTest, AppliesTheLineCapAtItsEdge) {
  for (const std::size_t piece_bytes : {50u, 4096u, 1'000'000u}) {
    for (const std::size_t length : {999u, 1000u, 1001u}) {
      const std::string content = "a\n" + std::string(length, 'x') + "\nb\n";
      const auto lines =
          lines_of(*open({content}, {.piece_bytes = piece_bytes, .line_bytes_max = 1000}));
      ASSERT_EQ(lines.size(), 3u);
      EXPECT_EQ(lines[1].too_long, length > 1000);
      EXPECT_EQ(lines[2].number, 3u);
      EXPECT_EQ(lines[2].byte_offset, length + 3);
    }
  }
  EXPECT_EQ(open({}, {.line_bytes_max = 1000})->too_long_reason(),
            "longer than the line cap of 1000 bytes");
}

TEST_F(PieceReaderTest, SkipsAHugeLineInLittleMemory) {
  const std::string path = file("huge", "first\n");
  std::filesystem::resize_file(path, 1 << 30);  // sparse: zeros
  std::ofstream(path, std::ios::binary | std::ios::app) << "\nlast\n";
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);

  auto reader = PieceReader::open({path}).value();
  const auto lines = lines_of(*reader);

  ::getrusage(RUSAGE_SELF, &after);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines[1].too_long);
  EXPECT_EQ(lines[2].text, "last");
  EXPECT_EQ(lines[2].byte_offset, (1u << 30) + 1);
  EXPECT_EQ(reader->bytes_read(), (1u << 30) + 6);
#if !defined(__SANITIZE_ADDRESS__)
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 << 10);  // KiB
#endif
}

TEST_F(PieceReaderTest, GivesEachPieceToOneOfSeveralThreads) {
  std::string content;
  for (int i = 0; i < 50'000; ++i) content += std::to_string(i) + "\n";
  for (int round = 0; round < 5; ++round) {
    auto reader = open({content, content}, {.piece_bytes = 700});
    std::vector<std::vector<Seen>> by_thread(3);
    std::vector<std::thread> threads;
    for (auto& lines : by_thread) {
      threads.emplace_back([&] {
        for (Piece piece; reader->next(piece);) add_lines(piece, lines);
      });
    }
    for (auto& thread : threads) thread.join();

    std::vector<Seen> lines;
    for (const auto& some : by_thread) lines.insert(lines.end(), some.begin(), some.end());
    std::stable_sort(lines.begin(), lines.end(),
                     [](const Seen& a, const Seen& b) { return a.piece < b.piece; });
    EXPECT_TRUE(lines == model({content, content}, 700, 16 << 20));
  }
}

TEST_F(PieceReaderTest, KeepsPeekedBytes) {
  const std::string content = std::string(kMark) + "{\"a\":1}\n{\"a\":2}\n";
  auto reader = open({"", pack(content, 2)});
  EXPECT_EQ(reader->peek(), content.substr(3));
  EXPECT_EQ(reader->peek(), content.substr(3));
  EXPECT_EQ(lines_of(*reader), model({"", content}, 4 << 20, 16 << 20));
}

TEST_F(PieceReaderTest, ReadsTheOtherInputsWhenOneIsDamaged) {
  std::string content;
  std::mt19937 random(3);
  for (int i = 0; i < 5000; ++i) content += std::to_string(random()) + "\n";
  const std::string cut = pack(content, 2).substr(0, 20'000);
  auto reader = open({"a\n", cut, std::string("\xff\xfe{\0\n\0", 6), "b\n"});

  const auto lines = lines_of(*reader);

  ASSERT_GT(lines.size(), 1000u);
  EXPECT_EQ(lines.front().text, "a");
  EXPECT_EQ(lines.back().text, "b");
  EXPECT_EQ(lines.back().input, 3u);
  EXPECT_EQ(lines[lines.size() - 2].input, 1u);
  EXPECT_TRUE(lines[lines.size() - 2].torn);
  const auto errors = reader->input_errors();
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].input, 1u);
  EXPECT_NE(errors[0].error.message.find("the file is cut off"), std::string::npos);
  EXPECT_EQ(errors[1].input, 2u);
  EXPECT_NE(errors[1].error.message.find("UTF-16"), std::string::npos);
}

TEST_F(PieceReaderTest, RefusesMissingInputsBeforeReadingAny) {
  const std::string missing = (folder_ / "none").string();
  const auto reader = PieceReader::open({file("there", "x"), missing});
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().message, "cannot open '" + missing + "': No such file or directory");
  EXPECT_FALSE(PieceReader::open({folder_.string()}));
  EXPECT_FALSE(PieceReader::open({}, {.piece_bytes = 0}));
}

TEST_F(PieceReaderTest, EndsAfterAWholeLineOnAStop) {
  const std::string path = (folder_ / "fifo").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  for (const std::size_t piece_bytes : {4u, 100u, 4u << 20}) {
    std::atomic<bool> stop{false};
    std::thread writer([&] {
      std::ofstream out(path, std::ios::binary);
      out << "one\ntwo\n" << std::string(500, 'x') << std::flush;
      ::usleep(50'000);
      stop = true;
      ::usleep(200'000);
    });
    auto reader = PieceReader::open(
                      {path}, {.piece_bytes = piece_bytes, .line_bytes_max = 200, .stop = &stop})
                      .value();
    const auto lines = lines_of(*reader);
    writer.join();
    ASSERT_EQ(lines.size(), 2u) << piece_bytes;
    EXPECT_EQ(lines[1].text, "two");
    EXPECT_FALSE(lines[1].torn);
  }
}

}  // namespace
}  // namespace millrace
