// SPDX-License-Identifier: Apache-2.0
//
// man_page: a page of docs/man, whose @COMMANDS@, @SYNOPSIS@ and @OPTIONS@ lines give way to what the option table
// says, in man(7); @VERSION@ gives way anywhere.
#pragma once

#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

namespace millrace {

/// `command`: the one that the page is about, "" for the program's own.
/// An unknown command or placeholder throws: the page is at fault.
std::string man_page(const CLI::App& table, std::string_view command, std::string_view page);

}  // namespace millrace
