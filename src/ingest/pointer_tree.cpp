// SPDX-License-Identifier: Apache-2.0
#include "ingest/pointer_tree.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace millrace {
namespace {

constexpr std::size_t kPointerBytesMax = 1024;
constexpr std::size_t kNodesMax = 4096;

tl::unexpected<Error> bad_pointer(std::string_view pointer, std::string_view why) {
  return failure(Errc::invalid_argument, fmt::format("JSON Pointer '{}': {}", pointer, why));
}

// Without leading zeros (RFC 6901, 4).
std::optional<std::size_t> index_of(std::string_view step) {
  if (step.empty() || (step.size() > 1 && step.front() == '0')) return std::nullopt;
  std::size_t index = 0;
  const char* const end = step.data() + step.size();
  const auto [stop, error] = std::from_chars(step.data(), end, index);
  if (error != std::errc() || stop != end) return std::nullopt;
  return index;
}

Result<std::vector<std::string>> steps_of(std::string_view pointer) {
  if (pointer.size() > kPointerBytesMax) return bad_pointer(pointer.substr(0, 40), "too long");
  if (!pointer.starts_with('/')) {
    return bad_pointer(pointer, fmt::format("it must begin with a slash, as in '/{}'", pointer));
  }
  std::vector<std::string> steps;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      steps.emplace_back();
    } else if (pointer[i] != '~') {
      steps.back() += pointer[i];
    } else if (++i < pointer.size() && (pointer[i] == '0' || pointer[i] == '1')) {
      steps.back() += pointer[i] == '0' ? '~' : '/';
    } else {
      return bad_pointer(pointer, "after '~' there must be 0 (a tilde) or 1 (a slash)");
    }
  }
  if (steps.size() > PointerTree::kStepsMax) {
    return bad_pointer(pointer, fmt::format("more than {} steps", PointerTree::kStepsMax));
  }
  return steps;
}

}  // namespace

Result<void> check_pointer(std::string_view pointer) {
  return steps_of(pointer).map([](const std::vector<std::string>&) {});
}

Result<std::uint16_t> PointerTree::add(std::string_view pointer) {
  auto steps = steps_of(pointer);
  if (!steps) return tl::unexpected(std::move(steps.error()));
  if (nodes_.size() + steps->size() > kNodesMax) return bad_pointer(pointer, "one too many");

  std::uint16_t at = kRoot;
  for (std::string& step : *steps) {
    std::uint16_t next = child(at, step);
    if (next == kNone) {
      next = static_cast<std::uint16_t>(nodes_.size());
      nodes_[at].children.push_back(next);
      const auto index = index_of(step);
      nodes_.push_back({std::move(step), index, kNone, {}});
    }
    at = next;
  }
  if (nodes_[at].slot == kNone) nodes_[at].slot = slots_++;
  return nodes_[at].slot;
}

std::uint16_t PointerTree::child(std::uint16_t id, std::string_view key) const noexcept {
  for (const std::uint16_t child : nodes_[id].children) {
    if (nodes_[child].key == key) return child;
  }
  return kNone;
}

std::uint16_t PointerTree::child(std::uint16_t id, std::size_t index) const noexcept {
  for (const std::uint16_t child : nodes_[id].children) {
    if (nodes_[child].index == index) return child;
  }
  return kNone;
}

}  // namespace millrace
