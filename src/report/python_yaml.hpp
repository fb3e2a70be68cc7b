// SPDX-License-Identifier: Apache-2.0
//
// YAML to the byte as Python's yaml.dump() writes what JSON can hold, for files that must stay equal to guidellm's.
//
//   std::string text = python_yaml(document);
//
// Layout    Blocks, keys in the order of their characters, lists no deeper than their key; [] and {} where
//           there is nothing.
// Numbers   As repr() writes them; 1.0e-05 where a reader of YAML 1.1 would take 1e-05 for a text.
// Lists     Those that memory does not hold come from LongLists, as for python_json.
// Source    PyYAML 6.0; tests/python_yaml_test.py compares random trees.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "report/long_lists.hpp"

namespace millrace {

/// `value`: an object, or a list.
std::string python_yaml(const nlohmann::ordered_json& value);
Result<void> write_python_yaml(const nlohmann::ordered_json& value, const LongLists& lists,
                               const WriteText& write);

}  // namespace millrace
