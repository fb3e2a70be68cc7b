// SPDX-License-Identifier: Apache-2.0
//
// What of a page or picture can be seen without a parser: that its tags are closed in order, and that no
// attribute holds a number that is none.
#pragma once

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {

inline void expect_well_formed(std::string_view page) {
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = page.find('<', at)) != std::string_view::npos; ++at) {
    const std::size_t end = page.find('>', at);
    ASSERT_NE(end, std::string_view::npos);
    const std::string_view tag = page.substr(at + 1, end - at - 1);
    ASSERT_EQ(tag.find('<'), std::string_view::npos) << tag;
    if (tag.starts_with("!")) continue;
    std::size_t length = tag.starts_with('/') ? 1 : 0;
    while (length < tag.size() && std::isalnum(static_cast<unsigned char>(tag[length]))) ++length;
    const std::string name(tag.substr(0, length));
    if (!tag.starts_with('/')) {
      if (!tag.ends_with('/')) open.push_back(name);
      // Of drawings: names may be any.
      if (name != "path" && name != "rect" && name != "circle" && name != "text") continue;
      for (const char* none : {"nan", "inf", "e+"}) {
        EXPECT_EQ(tag.find(none), std::string_view::npos) << tag;
      }
    } else {
      ASSERT_FALSE(open.empty()) << tag;
      ASSERT_EQ("/" + open.back(), name);
      open.pop_back();
    }
  }
  EXPECT_TRUE(open.empty());
}

}  // namespace millrace
