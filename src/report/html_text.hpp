// SPDX-License-Identifier: Apache-2.0
//
// html_text: any bytes as the text of an HTML or XML element, or of an attribute in double quotes.
//
//   html_text("<b> & \"c\"")      "&lt;b&gt; &amp; &quot;c&quot;"
//
// Names come from files: what is no UTF-8, a control character or would turn the text's direction is '?',
// as in text reports (printable()).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {

/// Cut after `max` characters.
std::string html_text(std::string_view text, std::size_t max = std::string_view::npos);

}  // namespace millrace
