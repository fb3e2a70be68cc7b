// SPDX-License-Identifier: Apache-2.0
#include "load/sse_parser.hpp"

namespace millrace::load {

void SseParser::reset() noexcept {
  line_.clear();
  data_.clear();
  line_is_whole_ = has_data_ = after_cr_ = too_long_ = false;
  first_line_ = true;
}

// Moves bytes up to the end of a line from `bytes` into the line.
bool SseParser::take_line(std::string_view& bytes) {
  line_is_whole_ = false;
  if (after_cr_) {
    after_cr_ = false;
    if (bytes.front() == '\n') bytes.remove_prefix(1);
  }
  const std::size_t end = bytes.find_first_of("\r\n");
  const std::size_t length = end == std::string_view::npos ? bytes.size() : end;
  too_long_ = too_long_ || length > kEventBytesMax - line_.size() ||
              line_.size() + length > kEventBytesMax - data_.size();
  if (too_long_) return false;
  line_.append(bytes, 0, length);
  bytes.remove_prefix(length);
  if (end != std::string_view::npos) {
    line_is_whole_ = true;
    after_cr_ = bytes.front() == '\r';
    bytes.remove_prefix(1);
  }
  return true;
}

// True: the line ends an event that has data.
bool SseParser::end_line() {
  std::string_view line = line_;
  if (first_line_ && line.substr(0, 3) == "\xEF\xBB\xBF") line.remove_prefix(3);
  first_line_ = false;
  const bool dispatch = line.empty() && has_data_;
  if (dispatch) {
    has_data_ = false;
  } else if (line == "data" || line.substr(0, 5) == "data:") {
    line.remove_prefix(line.size() == 4 ? 4 : 5);
    if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    if (has_data_) data_ += '\n';
    data_ += line;
    has_data_ = true;
  }
  line_.clear();
  return dispatch;
}

}  // namespace millrace::load
