#pragma once

#include <stdexcept>

namespace sasd {

/// Bad input: what() is one line that names the file or key and what to do.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sasd
