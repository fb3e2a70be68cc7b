// SPDX-License-Identifier: Apache-2.0
//
// JsonlMap from TOML.
#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A syntax error then is a value, not an exception.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <fmt/format.h>
#include <toml++/toml.h>

#include "ingest/byte_source.hpp"
#include "ingest/jsonl_map.hpp"
#include "ingest/pointer_tree.hpp"

namespace millrace {
namespace {

constexpr std::size_t kMapBytesMax = 1 << 20;

// toml++ sorts by name; reports show metrics and labels as their writer has put them.
std::vector<std::pair<std::string_view, const toml::node*>> in_file_order(
    const toml::table& table) {
  std::vector<std::pair<std::string_view, const toml::node*>> entries;
  for (const auto& [key, value] : table) entries.emplace_back(key.str(), &value);
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    const toml::source_position x = a.second->source().begin, y = b.second->source().begin;
    return std::pair(x.line, x.column) < std::pair(y.line, y.column);
  });
  return entries;
}

// Fills a map from a table. Each function returns at the first error.
class MapBuilder {
 public:
  explicit MapBuilder(std::string_view file) : file_(file) {}

  Result<JsonlMap> build(const toml::table& root) {
    if (auto good = known_keys(root, "the map", {"format", "fields", "ok", "labels"}); !good) {
      return tl::unexpected(good.error());
    }
    if (const toml::node* format = root.get("format");
        format != nullptr && format->value_or(std::string_view()) != "jsonl") {
      return bad(*format, "format must be \"jsonl\"");
    }
    for (const auto& [name, add] : {std::pair{"fields", &MapBuilder::add_field},
                                    {"ok", &MapBuilder::add_ok},
                                    {"labels", &MapBuilder::add_label_entry}}) {
      const toml::node* node = root.get(name);
      if (node == nullptr) continue;
      const toml::table* table = node->as_table();
      if (table == nullptr) return bad(*node, fmt::format("{} must be a table", name));
      for (const auto& [key, value] : in_file_order(*table)) {
        if (auto good = (this->*add)(key, *value); !good) return tl::unexpected(good.error());
      }
    }
    return std::move(map_);
  }

 private:
  Result<void> add_field(std::string_view name, const toml::node& node) {
    std::string pointer, type, unit;
    if (const auto text = node.value_exact<std::string>()) {
      pointer = *text;
    } else if (const toml::table* table = node.as_table()) {
      if (auto good = known_keys(*table, name, {"path", "type", "unit"}); !good) return good;
      for (const auto& [key, to] :
           {std::pair{"path", &pointer}, {"type", &type}, {"unit", &unit}}) {
        const toml::node* value = table->get(key);
        if (value == nullptr) continue;
        const auto text_value = value->value_exact<std::string>();
        if (!text_value) return bad(*value, fmt::format("{}: {} must be a text", name, key));
        *to = *text_value;
      }
      if (pointer.empty()) return bad(node, fmt::format("{}: path is missing", name));
    } else {
      return bad(node, fmt::format("{} must be a path or a table {{ path, type, unit }}", name));
    }
    if (auto good = check_pointer(pointer); !good) return bad(node, good.error().message);

    if (name == "start" || name == "end") return add_time(name, node, pointer, type, unit);
    if (name == "error") {
      if (!type.empty() && type != "text") return bad(node, "error must be of type \"text\"");
      if (!unit.empty()) return bad(node, "error: a text has no unit");
      map_.error = pointer;
      return {};
    }
    return add_number_or_text(name, node, pointer, type, unit);
  }

  Result<void> add_time(std::string_view name, const toml::node& node, const std::string& pointer,
                        std::string_view type, std::string_view unit) {
    if (!type.empty() && type != "time") {
      return bad(node, fmt::format("{} must be of type \"time\"", name));
    }
    const auto known = unit.empty() ? TimeUnit::any : time_unit_from(unit);
    if (!known) {
      return bad(node, fmt::format("{}: unknown unit '{}'; known: iso8601, s, ms, us, ns, auto",
                                   name, unit));
    }
    (name == "start" ? map_.start : map_.end) = JsonlTime{pointer, *known};
    return {};
  }

  Result<void> add_number_or_text(std::string_view name, const toml::node& node,
                                  const std::string& pointer, std::string_view type,
                                  std::string_view unit_name) {
    if (auto good = check_new_name(map_, name); !good) return bad(node, good.error().message);
    using Kind = JsonlField::Kind;
    Kind kind = Kind::metric;
    if (type == "int")
      kind = Kind::integer;
    else if (type == "text")
      kind = Kind::text;
    else if (type == "time")
      return bad(node, "only start and end are of type \"time\"");
    else if (!type.empty() && type != "metric") {
      return bad(node,
                 fmt::format("{}: unknown type '{}'; known: metric, int, text, time", name, type));
    }
    const auto unit = unit_from(unit_name);
    if (!unit) {
      return bad(
          node, fmt::format("{}: unknown unit '{}'; known: ns, us, ms, s, B, tokens, or none", name,
                            unit_name));
    }
    if (kind == Kind::text && *unit != Unit::none) {
      return bad(node, fmt::format("{}: a text has no unit", name));
    }
    map_.fields.push_back({std::string(name), pointer, kind, *unit});
    return {};
  }

  Result<void> add_ok(std::string_view key, const toml::node& node) {
    const auto text = node.value_exact<std::string>();
    if (key != "when") return bad(node, fmt::format("unknown key '{}' in [ok]; known: when", key));
    if (!text) return bad(node, "when must be a text");
    if (auto good = set_ok(map_, *text); !good) return bad(node, good.error().message);
    return {};
  }

  Result<void> add_label_entry(std::string_view name, const toml::node& node) {
    const auto pointer = node.value_exact<std::string>();
    if (!pointer) return bad(node, fmt::format("label {} must be a path", name));
    if (auto good = check_new_name(map_, name); !good) return bad(node, good.error().message);
    if (auto good = check_pointer(*pointer); !good) return bad(node, good.error().message);
    map_.labels.push_back({std::string(name), *pointer});
    return {};
  }

  Result<void> known_keys(const toml::table& table, std::string_view where,
                          std::initializer_list<std::string_view> known) const {
    for (const auto& [key, value] : table) {
      if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
        return bad(value, fmt::format("unknown key '{}' in {}; known: {}", key.str(), where,
                                      fmt::join(known, ", ")));
      }
    }
    return {};
  }

  [[nodiscard]] tl::unexpected<Error> bad(const toml::node& node, std::string_view why) const {
    return failure(Errc::format, fmt::format("{}:{}: {}", file_, node.source().begin.line, why));
  }

  std::string_view file_;
  JsonlMap map_;
};

}  // namespace

Result<JsonlMap> parse_jsonl_map(std::string_view toml, std::string_view name) {
  const toml::parse_result parsed = toml::parse(toml);
  if (!parsed) {
    return failure(Errc::format, fmt::format("{}:{}: {}", name, parsed.error().source().begin.line,
                                             parsed.error().description()));
  }
  return MapBuilder(name).build(parsed.table());
}

Result<JsonlMap> read_jsonl_map(const std::string& path) {
  auto source = ByteSource::open(path);
  if (!source) return tl::unexpected(source.error());
  std::string text(kMapBytesMax + 1, '\0');
  text.resize((*source)->read(text));
  if ((*source)->error()) return tl::unexpected(*(*source)->error());
  if (text.size() > kMapBytesMax) {
    return failure(Errc::limit, fmt::format("'{}' is longer than 1 MiB: not a map", path));
  }
  return parse_jsonl_map(text, path);
}

}  // namespace millrace
