// SPDX-License-Identifier: Apache-2.0
#include "ingest/jsonl_map.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "ingest/pointer_tree.hpp"

namespace millrace {
namespace {

constexpr std::size_t kNameBytesMax = 120;  // as in a schema

tl::unexpected<Error> bad_flag(std::string_view flag, std::string_view value,
                               std::string_view why) {
  return failure(Errc::invalid_argument, fmt::format("{} '{}': {}", flag, value, why));
}

struct Named {
  std::string_view name, rest;
};

std::optional<Named> split_name(std::string_view flag) {
  const std::size_t equals = flag.find('=');
  if (equals == 0 || equals == flag.npos) return std::nullopt;
  return Named{flag.substr(0, equals), flag.substr(equals + 1)};
}

struct WithUnit {
  std::string_view pointer;
  std::optional<std::string_view> unit;
};

// The last colon divides: a key with one needs a colon behind it.
WithUnit split_unit(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return {text, std::nullopt};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

Result<JsonlTime> time_from(std::string_view flag, std::string_view value) {
  const auto [pointer, unit] = split_unit(value);
  JsonlTime time{std::string(pointer), TimeUnit::any};
  if (auto good = check_pointer(pointer); !good) return bad_flag(flag, value, good.error().message);
  if (unit && !unit->empty()) {
    const auto known = time_unit_from(*unit);
    if (!known) {
      return bad_flag(flag, value,
                      fmt::format("unknown unit '{}'; known: iso8601, s, ms, us, ns, "
                                  "auto",
                                  *unit));
    }
    time.unit = *known;
  }
  return time;
}

}  // namespace

std::optional<Unit> unit_from(std::string_view text) noexcept {
  static constexpr std::pair<std::string_view, Unit> kUnits[] = {
      {"", Unit::none},
      {"ns", Unit::nanoseconds},
      {"us", Unit::microseconds},
      {"\u00b5s", Unit::microseconds},  // micro sign
      {"\u03bcs", Unit::microseconds},  // Greek mu, which looks the same
      {"ms", Unit::milliseconds},
      {"s", Unit::seconds},
      {"B", Unit::bytes},
      {"bytes", Unit::bytes},
      {"tokens", Unit::tokens},
  };
  for (const auto& [name, unit] : kUnits) {
    if (name == text) return unit;
  }
  return std::nullopt;
}

std::optional<TimeUnit> time_unit_from(std::string_view text) noexcept {
  if (text == "iso8601") return TimeUnit::iso8601;
  if (text == "auto") return TimeUnit::any;
  const auto unit = unit_from(text);
  if (!unit) return std::nullopt;
  switch (*unit) {
    case Unit::seconds:
      return TimeUnit::seconds;
    case Unit::milliseconds:
      return TimeUnit::milliseconds;
    case Unit::microseconds:
      return TimeUnit::microseconds;
    case Unit::nanoseconds:
      return TimeUnit::nanoseconds;
    default:
      return std::nullopt;
  }
}

Result<void> check_new_name(const JsonlMap& map, std::string_view name) {
  const bool printable = std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (name.empty() || name.size() > kNameBytesMax || !printable) {
    return failure(
        Errc::invalid_argument,
        fmt::format("a name must have 1 to {} bytes and no control characters", kNameBytesMax));
  }
  const auto is_used = [name](const auto& named) { return named.name == name; };
  if (std::any_of(map.fields.begin(), map.fields.end(), is_used) ||
      std::any_of(map.labels.begin(), map.labels.end(), is_used)) {
    return failure(Errc::invalid_argument, fmt::format("the name '{}' is used twice", name));
  }
  if (name == "start" || name == "end" || name == "error") {
    return failure(Errc::invalid_argument,
                   fmt::format("'{}' has a meaning of its own; choose another name", name));
  }
  return {};
}

Result<void> add_metric(JsonlMap& map, std::string_view flag) {
  const auto named = split_name(flag);
  if (!named) return bad_flag("--metric", flag, "expected NAME=POINTER[:UNIT]");
  const auto [pointer, unit_name] = split_unit(named->rest);
  if (auto good = check_new_name(map, named->name); !good) {
    return bad_flag("--metric", flag, good.error().message);
  }
  if (auto good = check_pointer(pointer); !good) {
    return bad_flag("--metric", flag, good.error().message);
  }
  const auto unit = unit_from(unit_name.value_or(""));
  if (!unit) {
    return bad_flag("--metric", flag,
                    fmt::format("unknown unit '{}'; known: ns, us, ms, s, B, tokens, or none; a "
                                "path that holds a colon needs one behind it",
                                *unit_name));
  }
  map.fields.push_back(
      {std::string(named->name), std::string(pointer), JsonlField::Kind::metric, *unit});
  return {};
}

Result<void> set_start(JsonlMap& map, std::string_view flag) {
  return time_from("--start", flag).map([&](JsonlTime time) { map.start = std::move(time); });
}

Result<void> set_end(JsonlMap& map, std::string_view flag) {
  return time_from("--end", flag).map([&](JsonlTime time) { map.end = std::move(time); });
}

Result<void> set_ok(JsonlMap& map, std::string_view flag) {
  return OkRule::compile(flag).map([&](OkRule rule) { map.ok = std::move(rule); });
}

Result<void> add_label(JsonlMap& map, std::string_view flag) {
  const auto named = split_name(flag);
  if (!named) return bad_flag("--label", flag, "expected NAME=POINTER");
  if (auto good = check_new_name(map, named->name); !good) {
    return bad_flag("--label", flag, good.error().message);
  }
  if (auto good = check_pointer(named->rest); !good) {
    return bad_flag("--label", flag, good.error().message);
  }
  map.labels.push_back({std::string(named->name), std::string(named->rest)});
  return {};
}

Result<void> set_error(JsonlMap& map, std::string_view flag) {
  if (auto good = check_pointer(flag); !good) {
    return bad_flag("--error", flag, good.error().message);
  }
  map.error = flag;
  return {};
}

}  // namespace millrace
