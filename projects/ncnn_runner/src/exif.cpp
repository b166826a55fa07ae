#include "exif.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace sasd {
namespace {

constexpr int kOrientationTag = 0x0112;
constexpr std::size_t kEntrySize = 12;

/// Bytes of a file; what lies beyond its end reads as 0.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::size_t size() const { return size_; }
  int byte(std::size_t at) const { return at < size_ ? data_[at] : 0; }
  int big16(std::size_t at) const { return byte(at) << 8 | byte(at + 1); }

  bool starts_with(const char* text, std::size_t length) const {
    return length <= size_ && std::memcmp(data_, text, length) == 0;
  }

  Bytes from(std::size_t start, std::size_t length) const {
    start = std::min(start, size_);
    return {data_ + start, std::min(length, size_ - start)};
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

/// The orientation in a TIFF header, whose numbers are in either byte order.
int tiff_orientation(const Bytes& tiff) {
  const bool little = tiff.starts_with("II", 2);
  const auto u16 = [&](std::size_t at) {
    return little ? tiff.byte(at + 1) << 8 | tiff.byte(at) : tiff.big16(at);
  };
  const auto u32 = [&](std::size_t at) {
    const std::size_t first = static_cast<std::size_t>(u16(at));
    const std::size_t second = static_cast<std::size_t>(u16(at + 2));
    return little ? second << 16 | first : first << 16 | second;
  };
  const std::size_t directory = u32(4);
  const int entries = u16(directory);
  for (int i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + kEntrySize * static_cast<std::size_t>(i);
    if (entry >= tiff.size()) break;
    if (u16(entry) == kOrientationTag) {
      const int orientation = u16(entry + 8);
      return orientation >= 1 && orientation <= 8 ? orientation : 1;
    }
  }
  return 1;
}

}  // namespace

int exif_orientation(const std::vector<std::uint8_t>& file) {
  const Bytes bytes(file.data(), file.size());
  if (bytes.big16(0) != 0xFFD8) return 1;
  std::size_t at = 2;
  // Segments until the image's own data: marker, length, content.
  while (bytes.byte(at) == 0xFF && bytes.byte(at + 1) != 0xDA && at < bytes.size()) {
    const auto length = static_cast<std::size_t>(bytes.big16(at + 2));
    const Bytes content = bytes.from(at + 4, std::max<std::size_t>(length, 2) - 2);
    if (bytes.byte(at + 1) == 0xE1 && content.starts_with("Exif\0\0", 6)) {
      return tiff_orientation(content.from(6, content.size()));
    }
    at += 2 + length;
  }
  return 1;
}

}  // namespace sasd
