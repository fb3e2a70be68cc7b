// SPDX-License-Identifier: Apache-2.0
#include "ingest/json_reason.hpp"

namespace millrace {

const char* json_reason(simdjson::error_code error) noexcept {
  switch (error) {
    case simdjson::SUCCESS:
      return "no error";
    case simdjson::CAPACITY:
      return "too long for the JSON parser";
    case simdjson::MEMALLOC:
      return "out of memory in the JSON parser";
    case simdjson::DEPTH_ERROR:
      return "nested too deeply";
    case simdjson::STRING_ERROR:
      return "not JSON: a string has a bad escape";
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
      return "not JSON: a word is not true, false or null";
    case simdjson::NUMBER_ERROR:
      return "not JSON: a number is malformed";
    case simdjson::NUMBER_OUT_OF_RANGE:
      return "a number is out of range";
    case simdjson::UTF8_ERROR:
      return "not UTF-8";
    case simdjson::EMPTY:
      return "not JSON: nothing but blanks";
    case simdjson::UNESCAPED_CHARS:
      return "not JSON: a control character stands in a string";
    case simdjson::UNCLOSED_STRING:
      return "not JSON: a string is not closed";
    case simdjson::INCORRECT_TYPE:
      return "a value has the wrong type";
    case simdjson::NO_SUCH_FIELD:
      return "a key is missing";
    case simdjson::INDEX_OUT_OF_BOUNDS:
      return "an array is too short";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "not JSON: the line does not end where its object or array ends";
    case simdjson::SCALAR_DOCUMENT_AS_VALUE:
      return "neither a JSON object nor an array";
    case simdjson::TRAILING_CONTENT:
      return "not JSON: more text after the end of the value";
    default:
      // TAPE_ERROR says no more than this; the others would be misuse of the parser.
      return "not JSON";
  }
}

}  // namespace millrace
