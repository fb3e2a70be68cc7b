// SPDX-License-Identifier: Apache-2.0
//
// JSON lines in, as YAML out, each ended by a byte 0: for python_yaml_test.py.
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "report/python_yaml.hpp"

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << millrace::python_yaml(nlohmann::ordered_json::parse(line)) << '\0';
  }
}
