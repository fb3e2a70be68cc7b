// SPDX-License-Identifier: Apache-2.0
//
// GuidellmSplitter against a model that holds the whole document: the same lines, texts and names,
// in pieces of every size and cut at every byte.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ingest/guidellm_splitter.hpp"
#include "made_up_document.hpp"

namespace millrace {
namespace {

struct Split {
  std::string lines, fault;
  GuidellmDocument document;
};

Split split(std::string_view text, std::size_t bytes, GuidellmSplitterOptions options = {}) {
  Split made;
  GuidellmSplitter splitter(made.document, options);
  for (std::size_t at = 0; at < text.size(); at += bytes) {
    splitter.take(text.substr(at, bytes), made.lines);
  }
  if (!splitter.fault()) splitter.end(made.lines);
  made.fault = splitter.fault().value_or("");
  return made;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string line_of(const DocumentModel::Line& line, std::string_view byte_offset) {
  std::string text =
      fmt::format(R"({{"byte_offset":{},"benchmark":{},"benchmark_name":"{}","status":"{}")",
                  byte_offset, line.benchmark, line.name, line.status);
  const std::string request = with_nans(line.request.dump());
  if (!line.request.is_object()) return text + ",\"element\":" + request + "}";
  return text + (request == "{}" ? "" : ",") + request.substr(1);
}

// `line` with "N" for its offset, at which the request must stand in `text`.
std::string checked(const std::string& line, const std::string& text, const Json& request) {
  constexpr std::string_view kBefore = R"({"byte_offset":)";
  EXPECT_TRUE(line.starts_with(kBefore)) << line;
  const std::size_t end = line.find(',');
  const std::size_t offset = std::stoul(line.substr(kBefore.size(), end - kBefore.size()));
  const std::string begin = with_nans(request.dump()).substr(0, 1);
  EXPECT_EQ(text.substr(offset, 1), begin) << "at " << offset << " of " << text;
  return std::string(kBefore) + "N" + line.substr(end);
}

TEST(GuidellmSplitter, AgreesWithTheModelOnRandomDocuments) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE(seed);
    DocumentMaker maker(seed);
    const Json document = maker.document();
    const DocumentModel model(document);
    const bool pretty = maker.below(2) == 0;
    const std::string text = with_nans(document.dump(pretty ? 4 : -1, ' ', maker.below(2) == 0));
    const Split made = split(text, 1 + maker.below(60));
    ASSERT_EQ(made.fault, "");
    EXPECT_TRUE(made.document.complete);
    const auto lines = lines_of(made.lines);
    ASSERT_EQ(lines.size(), model.lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string line = checked(lines[i], text, model.lines[i].request);
      if (!pretty && text.find("\\u") == std::string::npos) {
        EXPECT_EQ(line, line_of(model.lines[i], "N"));
      }
      const auto as_json = [](std::string one) {
        for (std::size_t at; (at = one.find("NaN")) != std::string::npos;) one.replace(at, 3, "0");
        for (std::size_t at; (at = one.find(":N,")) != std::string::npos;)
          one.replace(at, 3, ":0,");
        return Json::parse(one);
      };
      EXPECT_EQ(as_json(line), as_json(line_of(model.lines[i], "N")));
    }
    std::vector<std::string> names;
    for (const auto& benchmark : made.document.benchmarks) names.push_back(benchmark.name);
    EXPECT_EQ(names, model.names);
  }
}

TEST(GuidellmSplitter, GivesTheSameForPiecesOfEverySize) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    DocumentMaker maker(seed);
    const std::string text = with_nans(maker.document().dump(seed % 2 == 0 ? 1 : -1));
    const Split whole = split(text, text.size());
    for (std::size_t bytes = 1; bytes < std::min<std::size_t>(text.size(), 200); ++bytes) {
      EXPECT_EQ(split(text, bytes).lines, whole.lines) << "seed " << seed << ", by " << bytes;
    }
  }
}

TEST(GuidellmSplitter, GivesWhatStandsBeforeACutAndTellsWhereItIs) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    DocumentMaker maker(seed);
    const std::string text = with_nans(maker.document().dump(seed % 2 == 0 ? 2 : -1));
    const std::string whole = split(text, text.size()).lines;
    for (std::size_t bytes = 1; bytes < text.size(); ++bytes) {
      const Split cut = split(text.substr(0, bytes), 1 + bytes % 50);
      ASSERT_TRUE(whole.starts_with(cut.lines)) << cut.lines;
      ASSERT_EQ(cut.fault, fmt::format("byte {}: the document is cut off here; what stands before "
                                       "was read",
                                       bytes));
      ASSERT_FALSE(cut.document.complete);
    }
  }
}

TEST(GuidellmSplitter, KeepsTheTextsThatStandAroundTheRequests) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    DocumentMaker maker(seed);
    const Json document = maker.document();
    const GuidellmDocument made = split(with_nans(document.dump()), 7).document;
    const auto expect_texts = [](const GuidellmDocument::Texts& texts, const Json& object,
                                 const std::set<std::string>& left) {
      std::size_t kept = 0;
      for (const auto& [key, value] : object.items()) {
        const auto* text = texts.find(key);
        ASSERT_EQ(text == nullptr, left.contains(key)) << key;
        if (text == nullptr) continue;
        ++kept;
        EXPECT_EQ(text->json, with_nans(value.dump()));
        EXPECT_FALSE(text->left_out);
      }
      EXPECT_EQ(texts.size(), kept);
    };
    expect_texts(made.texts, document, {"benchmarks"});
    ASSERT_EQ(made.benchmarks.size(), document["benchmarks"].size());
    for (std::size_t i = 0; i < made.benchmarks.size(); ++i) {
      expect_texts(made.benchmarks[i].texts, document["benchmarks"][i], {"metrics", "requests"});
    }
  }
}

TEST(GuidellmSplitter, PassesOnTheRequestsOfTheBenchmarkThatWasAskedFor) {
  const std::string text = R"({"benchmarks":[{"requests":{"successful":[{"a":1},{"a":2}]}},)"
                           R"({"requests":{"errored":[{"a":3}],"successful":[{"a":4}]}}]})";
  const Split second = split(text, 3, {.benchmark = 2});
  EXPECT_EQ(lines_of(second.lines).size(), 2u);
  EXPECT_NE(second.lines.find(R"("status":"errored","a":3})"), std::string::npos);
  EXPECT_EQ(second.document.benchmarks[0].requests_held(), 2u) << "counted all the same";
  EXPECT_EQ(split(text, 3, {.benchmark = 3}).lines, "");
}

TEST(GuidellmSplitter, CountsOffsetsFromTheBeginningOfTheFile) {
  const std::string text = R"({"benchmarks":[{"requests":{"successful":[{"a":1}]}}]})";
  const Split made = split(text, 5, {.byte_offset = 3});
  EXPECT_TRUE(
      made.lines.starts_with(fmt::format(R"({{"byte_offset":{},)", text.find("{\"a\"") + 3)));
}

TEST(GuidellmSplitter, NamesBenchmarksAsGuidellmDoes) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("args":{"strategy":{"type_":"synchronous"}})", "synchronous"},
      {R"("args":{"strategy":{"type_":"concurrent","streams":4}})", "concurrent@4"},
      {R"("args":{"strategy":{"type_":"constant","rate":2.499}})", "constant@2.50"},
      {R"("config":{"strategy":{"type_":"poisson","rate":12}})", "poisson@12.00"},
      {R"("config":{"strategy":{"type_":"poisson","rate":1e300}})", "poisson@1e+300"},
      {R"("config":{"strategy":{"type_":"throughput","max_concurrency":null}})", "throughput"},
      {R"("config":{"strategy":{"type_":"throughput","max_concurrency":64}})", "throughput@64"},
      {R"("config":{"strategy":{"type_":"trace","time_scale":1.0}})", "trace@1.00"},
      {R"("config":{"strategy":{"type_":"new_one"}})", "new_one"},
      {R"("mode":"asynchronous","rate":0.75)", "asynchronous@0.75"},
      {R"("mode":"throughput","rate":null)", "throughput"},
      {R"("config":{"strategy":{"type_":"a\"b"}})", "benchmark 1"},
      {R"("config":{"strategy":"synchronous"})", "benchmark 1"},
      {R"("config":[)", "benchmark 1"},
      {R"("config":null)", "benchmark 1"},
  };
  for (const auto& [settings, name] : cases) {
    const auto made =
        split(fmt::format(R"({{"benchmarks":[{{{},"requests":{{}}}}]}})", settings), 9);
    ASSERT_EQ(made.document.benchmarks.size(), 1u) << settings;
    EXPECT_EQ(made.document.benchmarks[0].strategy(),
              std::string_view(name).starts_with("benchmark") ? "" : name);
    if (made.fault.empty()) {
      EXPECT_EQ(made.document.benchmarks[0].name, name) << settings;
    }
  }
}

TEST(GuidellmSplitter, ReadsTheReportsOfTheFirstVersion) {
  const Split made =
      split(R"({"benchmarks":[{"args":{"a":1},"benchmarks":[{"mode":"synchronous","rate":null,)"
            R"("results":[{"r":1}],"errors":[{"e":1}],"concurrencies":[{"time":1}]}],"more":2},)"
            R"({"benchmarks":[{"mode":"throughput","errors":[],"results":[{"r":2}]}]}]})",
            4);
  EXPECT_EQ(made.fault, "");
  const auto lines = lines_of(made.lines);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_NE(
      lines[0].find(R"("benchmark":1,"benchmark_name":"synchronous","status":"successful","r":1})"),
      std::string::npos);
  EXPECT_NE(lines[1].find(R"("status":"errored","e":1})"), std::string::npos);
  EXPECT_NE(
      lines[2].find(R"("benchmark":2,"benchmark_name":"throughput","status":"successful","r":2})"),
      std::string::npos);
  EXPECT_EQ(made.document.benchmarks.size(), 2u);
  EXPECT_EQ(made.document.texts.find("args")->json, R"({"a":1})");
  EXPECT_EQ(made.document.texts.find("more")->json, "2");
  EXPECT_EQ(made.document.version(), "guidellm 0.1");
}

TEST(GuidellmSplitter, RefusesWhatIsNoSuchDocumentAtTheByteThatTells) {
  const std::string deep(200, '[');
  const std::pair<std::string, std::string> cases[] = {
      {"", "the document is empty"},
      {" \n ", "the document is empty"},
      {"[]", "byte 0: no guidellm document: it is no JSON object"},
      {"metadata:\n", "byte 0: no guidellm document: it is no JSON object"},
      {"{}", "byte 1: no guidellm document: it has no key 'benchmarks'"},
      {R"({"a":[]})", "byte 7: no guidellm document: it has no key 'benchmarks'"},
      {R"({"benchmarks":{}})", "byte 14: 'benchmarks' is neither a list nor null"},
      {R"({"benchmarks":[3]})", "byte 15: a benchmark is no object"},
      {R"({"benchmarks":[]}x)", "byte 17: more text after the end of the document"},
      {R"({"benchmarks":[],})", "byte 17: a key is missing"},
      {R"({"benchmarks":[],"benchmarks":[]})", "byte 30: a second 'benchmarks'"},
      {R"({"benchmarks":[{"requests":[]}]})", "byte 27: 'requests' is neither an object nor null"},
      {R"({"benchmarks":[{"requests":{"successful":{}}}]})",
       "byte 41: 'successful' is neither a list nor null"},
      {R"({"benchmarks":[{"requests":{},"requests":{}}]})", "byte 41: a second 'requests'"},
      {R"({"benchmarks":[{"requests":{"errored":[],"errored":[]}}]})",
       "byte 51: a second 'errored'"},
      {R"({"benchmarks":[{"requests":{"errored":[{]}}]})", "byte 40: ']' closes an object"},
      {R"({"benchmarks":[{"benchmarks":[{"benchmarks":[]}]}]})",
       "byte 44: benchmarks within a benchmark"},
      {R"({"benchmarks":[{"a":}]})", "byte 20: a value is missing"},
      {R"({"benchmarks":[{"a" 1}]})", "byte 20: no colon behind a key"},
      {R"({"benchmarks":[{"a":1 2}]})", "byte 22: no comma behind a value"},
      {R"({"benchmarks":[{"a":1]})", "byte 21: no comma behind a value"},
      {"{\"benchmarks\":[{\"a\":\"b\nc\"}]}", "byte 22: a line ends within a text"},
      {"{\"a\":" + deep, "byte 133: nested more than 128 levels deep"},
  };
  for (const auto& [text, fault] : cases) {
    for (const std::size_t bytes : {1u, 3u, 1000u})
      EXPECT_EQ(split(text, bytes).fault, fault) << text;
  }
}

TEST(GuidellmSplitter, BoundsWhatItKeeps) {
  const std::string megabyte(GuidellmDocument::kTextBytesMax - 2, 'x');
  std::string text = R"({"benchmarks":[{"long":")" + megabyte + R"(x","fits":")" + megabyte + "\"";
  text += R"(,"long":"short now")";
  for (int i = 0; i < 20; ++i) text += fmt::format(R"(,"k{}":"{}")", i, megabyte);
  for (int i = 0; i < 100; ++i) text += fmt::format(R"(,"s{}":1)", i);
  text += "}]}";
  const Split made = split(text, 16 << 10);
  EXPECT_EQ(made.fault, "");
  const auto& texts = made.document.benchmarks.at(0).texts;
  EXPECT_EQ(texts.find("long")->json, "\"short now\"") << "the last one counts";
  EXPECT_EQ(texts.find("fits")->json.size(), GuidellmDocument::kTextBytesMax);
  std::size_t bytes = 0;
  for (const auto& one : texts) {
    bytes += one.json.size();
    EXPECT_EQ(one.left_out, one.json.empty());
  }
  EXPECT_LE(bytes, GuidellmDocument::kTextsBytesMax);
  EXPECT_EQ(texts.size(), GuidellmDocument::kTextsMax);

  text = R"({"benchmarks":[{})";
  for (std::size_t i = 1; i < GuidellmDocument::kBenchmarksMax; ++i) text += ",{}";
  EXPECT_EQ(split(text + "]}", 100).fault, "");
  EXPECT_EQ(split(text + ",{}]}", 100).fault,
            fmt::format("byte {}: more than 1024 benchmarks", text.size() + 1));
}

// Nothing that a document contains may crash the splitter: run with sanitizers.
TEST(GuidellmSplitter, SurvivesDamagedDocuments) {
  const std::string pieces[] = {"{",
                                "}",
                                "[",
                                "]",
                                ":",
                                ",",
                                "\"",
                                "\\",
                                "null",
                                "\n",
                                "\"requests\"",
                                "\"benchmarks\":[{",
                                "\xff",
                                std::string(1, '\0')};
  for (unsigned seed = 0; seed < 5000; ++seed) {
    SCOPED_TRACE(seed);
    DocumentMaker maker(seed);
    std::string text = maker.document().dump();
    for (std::size_t edits = 1 + maker.below(4); edits > 0; --edits) {
      const std::string& piece = pieces[maker.below(std::size(pieces))];
      text.replace(maker.below(text.size()), maker.below(2) * maker.below(20), piece);
    }
    const Split made = split(text, 1 + maker.below(40));
    EXPECT_EQ(made.fault.empty(), made.document.complete && !made.fault.starts_with("byte"));
    for (const auto& benchmark : made.document.benchmarks) {
      static_cast<void>(benchmark.requests_made());
    }
  }
}

TEST(GuidellmDocument, KnowsHowManyRequestsWereMade) {
  const auto made = [](const std::string& texts) {
    return split(R"({"benchmarks":[{)" + texts + "}]}", 100)
        .document.benchmarks.at(0)
        .requests_made();
  };
  EXPECT_EQ(made(R"("run_stats":{"requests_made":{"successful":9,"errored":1,"total":10}})"), 10u);
  EXPECT_EQ(
      made(R"("scheduler_metrics":{"requests_made":{"successful":9,"errored":1,"incomplete":2}})"),
      12u);
  EXPECT_EQ(made(R"("scheduler_metrics":{"requests_made":null})"), std::nullopt);
  EXPECT_EQ(made(R"("scheduler_metrics":{"requests_made":{"total":-1}})"), std::nullopt);
  EXPECT_EQ(made(R"("id_":1)"), std::nullopt);
}

TEST(GuidellmDocument, SaysWhichVersionWroteIt) {
  const auto version = [](const std::string& text) { return split(text, 100).document.version(); };
  EXPECT_EQ(version(R"({"metadata":{"version":2,"guidellm_version":"0.7.3"},"benchmarks":[]})"),
            "guidellm 0.7.3, report version 2");
  EXPECT_EQ(version(R"({"metadata":[],"benchmarks":[]})"),
            "guidellm unknown, report version unknown");
  EXPECT_EQ(version(R"({"args":{},"benchmarks":[{"config":{}}]})"), "guidellm 0.4");
  EXPECT_EQ(version(R"({"benchmarks":[{"args":{}}]})"), "guidellm 0.2 or 0.3");
  EXPECT_EQ(version(R"({"benchmarks":[]})"), "guidellm, of unknown version");
}

TEST(LooksLikeGuidellmDocument, KnowsEveryVersionAndLeavesOthersAlone) {
  for (const char* text : {
           R"({"benchmarks": [{"type_": "generative_benchmark", "id_": "0)",
           "\xEF\xBB\xBF\n{\n    \"benchmarks\": [\n        {\n            \"type_\": ",
           R"({"metadata": {"version": 2, "guidellm_version": "0.7.3")",
           R"({"args": {"target": "x", "benchmarks": null}, "benchmarks": [{"type_": )",
           R"({"benchmarks":[{"benchmarks":[{"mode":"synchronous")",
           R"({"benchmarks": [ ]})",
       }) {
    EXPECT_TRUE(looks_like_guidellm_document(text)) << text;
  }
  for (
      const char* text : {
          "",
          "{",
          "[]",
          R"({"benchmarks": )",
          R"({"benchmarks": [{)",
          R"({"benchmarks": {"id_": 1}})",
          // Google Benchmark
          R"({"context": {"date": "x"}, "benchmarks": [{"name": "BM_x", "run_name": "BM_x", "run_type": "i)",
          R"({"metadata": {"version": 2}, "results": [{"id_": 1}]})",
          R"({"response_text": "a", "benchmarks": "id_"})",
          R"({"type_": "generative_text_response", "scheduler_info": {"guidellm_version": 1}})",
      }) {
    EXPECT_FALSE(looks_like_guidellm_document(text)) << text;
  }
}

}  // namespace
}  // namespace millrace
