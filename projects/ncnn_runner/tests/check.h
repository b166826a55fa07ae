#pragma once

#include <cmath>
#include <iostream>
#include <string>

#include "input_error.h"

/// What a test program needs: count what fails, and say where.
namespace check {

inline int& failures() {
  static int count = 0;
  return count;
}

inline void report(bool right, const char* file, int line, const std::string& what) {
  if (right) return;
  ++failures();
  std::cerr << file << ":" << line << ": " << what << '\n';
}

/// What an InputError says; empty where none is thrown.
template <typename Function>
std::string refusal(const Function& function) {
  try {
    function();
  } catch (const sasd::InputError& error) {
    return error.what();
  }
  return "";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace check

#define CHECK(condition) check::report((condition), __FILE__, __LINE__, #condition)

#define CHECK_NEAR(value, expected, tolerance)                                     \
  check::report(std::abs((value) - (expected)) <= (tolerance), __FILE__, __LINE__, \
                std::string(#value) + " is " + std::to_string(value) + ", not " +  \
                    std::to_string(expected))

/// An InputError on one line that names `part`.
#define CHECK_REFUSED(expression, part)                                        \
  do {                                                                         \
    const std::string line = check::refusal([&] { (void)(expression); });      \
    check::report(check::contains(line, part) && !check::contains(line, "\n"), \
                  __FILE__, __LINE__, #expression " says '" + line + "'");     \
  } while (false)
