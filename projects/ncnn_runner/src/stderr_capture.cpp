#include "stderr_capture.h"

#include <unistd.h>

#include <array>

namespace sasd {

StderrCapture::StderrCapture() : file_(std::tmpfile()), real_stderr_(-1) {
  if (file_ == nullptr) return;  // nowhere to keep it: it is shown
  std::fflush(stderr);
  real_stderr_ = dup(STDERR_FILENO);
  dup2(fileno(file_), STDERR_FILENO);
}

StderrCapture::~StderrCapture() {
  if (file_ == nullptr) return;
  std::fflush(stderr);
  dup2(real_stderr_, STDERR_FILENO);
  close(real_stderr_);
  std::fclose(file_);
}

std::string StderrCapture::first_line() const {
  if (file_ == nullptr) return "";
  std::fflush(stderr);
  std::array<char, 512> buffer{};
  const ssize_t size = pread(fileno(file_), buffer.data(), buffer.size(), 0);
  const std::string text(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return text.substr(0, text.find('\n'));
}

}  // namespace sasd
