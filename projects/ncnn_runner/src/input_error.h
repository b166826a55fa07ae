#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>

namespace sasd {

/// Bad input: what() is one line that names the file or key and what to do.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Escape line breaks and other control characters, as of files' names.
inline std::string one_line(const std::string& text) {
  std::string line;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else if (c == '\t') {
      line += "\\t";
    } else if (code < 0x20 || code == 0x7f) {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", code);
      line += escaped;
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace sasd
