// SPDX-License-Identifier: Apache-2.0
//
// A Translator in its place: between the unpacked bytes and the lines of ByteSource and PieceReader.
#include "ingest/translator.hpp"

#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "ingest/byte_source.hpp"
#include "ingest/piece_reader.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

// Documents of this test begin with '#', their records end with ';', and a '!' is a fault.
class Semicolons final : public Translator {
 public:
  void take(std::string_view bytes, std::string& lines) override {
    for (const char c : bytes) {
      if (fault_) return;
      ++taken_;
      if (c == '!')
        fault_ = "byte " + std::to_string(taken_ - 1) + ": a '!'";
      else if (c != '#')
        lines += c == ';' ? '\n' : c;
    }
  }
  void end(std::string& lines) override { lines += "(end)"; }

 private:
  std::size_t taken_ = 0;
};

class TranslatorTest : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& content) const {
    const std::string path = (folder_.path() / name).string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  TemporaryFolder folder_;
};

std::string read_all(ByteSource& source, std::size_t step) {
  std::string all;
  std::vector<char> buffer(step);
  for (std::size_t got = step; got == step;) {
    got = source.read(buffer);
    all.append(buffer.data(), got);
  }
  return all;
}

std::string zstd(const std::string& plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 3));
  return packed;
}

TEST_F(TranslatorTest, StandsBehindPeekedAndUnpackedBytes) {
  std::string text, lines;
  for (int i = 0; i < 20'000; ++i) {
    text += std::to_string(i) + ";";
    lines += std::to_string(i) + "\n";
  }
  for (const std::string& content : {text, zstd(text)}) {
    for (const std::size_t step : {1u, 1000u, 100'000u}) {
      for (const std::size_t peeked : {0u, 3u, 65'536u}) {
        auto source = ByteSource::open(file("x", content)).value();
        EXPECT_EQ(source->peek(peeked), text.substr(0, peeked));
        source->translate(std::make_unique<Semicolons>());
        EXPECT_EQ(source->peek(10), lines.substr(0, 10)) << "from here on, what it made";
        EXPECT_TRUE(read_all(*source, step) == lines + "(end)") << step << " " << peeked;
        EXPECT_EQ(source->bytes_taken(), text.size()) << "of the document, not of the lines";
        EXPECT_FALSE(source->error());
      }
    }
  }
}

TEST_F(TranslatorTest, GivesWhatStandsBeforeAFaultAndNamesTheFile) {
  const std::string path = file("x", "a;b;c!d;");
  auto source = ByteSource::open(path).value();
  source->translate(std::make_unique<Semicolons>());
  EXPECT_EQ(read_all(*source, 2), "a\nb\nc");
  ASSERT_TRUE(source->error());
  EXPECT_EQ(source->error()->message, "'" + path + "': byte 5: a '!'");
  EXPECT_EQ(source->error()->code, Errc::format);
}

TEST_F(TranslatorTest, IsNotToldOfAnEndThatAStopMade) {
  const std::string path = (folder_.path() / "fifo").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    std::ofstream out(path, std::ios::binary);
    out << "a;b" << std::flush;
    ::usleep(50'000);
    stop = true;
    ::usleep(200'000);
  });
  auto source = ByteSource::open(path, &stop).value();
  source->translate(std::make_unique<Semicolons>());
  EXPECT_EQ(read_all(*source, 100), "a\nb");
  EXPECT_FALSE(source->error());
  writer.join();
}

TEST_F(TranslatorTest, IsAskedForEachInputAndCountsItsOwnLines) {
  const std::vector<std::string> files = {file("a", "1\n2"), file("b", "\xEF\xBB\xBF#3;4444;5"),
                                          file("c", "6\n")};
  std::vector<std::uint64_t> offsets;
  PieceReaderOptions options{.piece_bytes = 6, .line_bytes_max = 3};
  options.translate = [&](std::string_view first, std::uint64_t offset) {
    offsets.push_back(offset);
    return first.starts_with('#') ? std::make_unique<Semicolons>() : nullptr;
  };
  auto reader = PieceReader::open(files, options).value();
  std::vector<std::string> seen;
  for (Piece piece; reader->next(piece);) {
    piece.for_each_line([&](const Line& line) {
      seen.push_back(std::to_string(line.input) + ":" + std::to_string(line.number) + " " +
                     (line.too_long ? "(too long)" : std::string(line.text)) +
                     (line.translated ? " translated" : "") + (line.torn ? " torn" : ""));
    });
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"0:1 1", "0:2 2 torn", "1:1 3 translated",
                                            "1:2 (too long) translated",
                                            "1:3 (too long) translated torn", "2:1 6"}));
  EXPECT_EQ(offsets, (std::vector<std::uint64_t>{0, 3, 0}));
  EXPECT_EQ(reader->bytes_read(), 3u + 12u + 2u);
  EXPECT_TRUE(reader->input_errors().empty());
}

}  // namespace
}  // namespace millrace
