#pragma once

#include <cstdio>
#include <string>

namespace sasd {

/// Keeps what is written to stderr while it lives: ncnn reports what is wrong
/// with a model's files there, and only there.
class StderrCapture {
 public:
  StderrCapture();
  ~StderrCapture();
  StderrCapture(const StderrCapture&) = delete;
  StderrCapture& operator=(const StderrCapture&) = delete;

  /// The first line so far, without its end; empty if there is none.
  std::string first_line() const;

 private:
  std::FILE* file_;
  int real_stderr_;
};

}  // namespace sasd
