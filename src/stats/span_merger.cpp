// SPDX-License-Identifier: Apache-2.0
#include "stats/span_merger.hpp"

#include <algorithm>

namespace millrace {
namespace {

constexpr std::size_t kFew = 16;  // times as many in the longer piece: a search is cheaper then

// Few among many: all of the long piece up to each item of the short one at once.
void merge_few(std::span<const Weighted> few, std::span<const Weighted> many, Weighted* out) {
  auto from = many.begin();
  for (const Weighted& item : few) {
    const auto to = std::ranges::lower_bound(from, many.end(), item.key, {}, &Weighted::key);
    out = std::copy(from, to, out);
    *out++ = item;
    from = to;
  }
  std::copy(from, many.end(), out);
}

void merge_two(std::span<const Weighted> a, std::span<const Weighted> b, Weighted* out) noexcept {
  const Weighted *left = a.data(), *const left_end = left + a.size();
  const Weighted *right = b.data(), *const right_end = right + b.size();
  while (left != left_end && right != right_end) {
    const bool second = right->key < left->key;
    *out++ = *(second ? right : left);
    right += second ? 1 : 0;
    left += second ? 0 : 1;
  }
  out = std::copy(left, left_end, out);
  std::copy(right, right_end, out);
}

}  // namespace

std::span<const Weighted> SpanMerger::merge(std::vector<std::span<const Weighted>>& spans) {
  std::erase_if(spans, [](const auto& span) { return span.empty(); });
  if (spans.empty()) return {};
  std::ranges::sort(spans, {}, [](const auto& span) { return span.size(); });
  std::span<const Weighted> merged = spans.front();
  for (std::size_t i = 1; i < spans.size(); ++i) {
    auto& buffer = buffers_[i % 2];
    const std::size_t items = merged.size() + spans[i].size();
    if (buffer.size() < items) buffer.resize(items);
    if (merged.size() < spans[i].size() / kFew) {
      merge_few(merged, spans[i], buffer.data());
    } else {
      merge_two(merged, spans[i], buffer.data());
    }
    merged = std::span(buffer).first(items);
  }
  return merged;
}

}  // namespace millrace
