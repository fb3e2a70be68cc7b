// SPDX-License-Identifier: Apache-2.0
//
// What a shell reads to complete commands, options and their values: made of the option table. Options that take a
// file or a folder (FILE, PATH, DIR in the table) complete to these, those with a closed set of values to the values.
#pragma once

#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

namespace millrace {

std::string bash_completion(const CLI::App& table);
std::string zsh_completion(const CLI::App& table);
std::string fish_completion(const CLI::App& table);

}  // namespace millrace
