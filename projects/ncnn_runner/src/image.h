#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "geometry.h"

namespace sasd {

/// Rows of red, green and blue, 8 bits each.
struct Image {
  Size size;
  std::vector<std::uint8_t> rgb;

  Image() = default;
  explicit Image(Size s)
      : size(s), rgb(3 * static_cast<std::size_t>(s.width) * s.height) {}

  const std::uint8_t* row(int y) const { return rgb.data() + offset(y); }
  std::uint8_t* row(int y) { return rgb.data() + offset(y); }

 private:
  std::size_t offset(int y) const {
    return 3 * static_cast<std::size_t>(size.width) * static_cast<std::size_t>(y);
  }
};

/// Read a JPEG, PNG, BMP or PNM file: grey becomes colour, alpha is dropped,
/// 16 bits become 8, and the orientation in the EXIF data is applied.
///
/// @throws InputError It is missing or cannot be decoded.
Image read_image(const std::filesystem::path& file);

/// The name a drawn image is written under: the file's own, with .png after
/// it where it is of a kind that cannot be written.
std::filesystem::path drawn_name(const std::filesystem::path& file);

/// Write an image as the name's suffix says; it gets the name when it is whole.
///
/// @throws InputError It cannot be written; what was there before stays.
void write_image(const std::filesystem::path& file, const Image& image);

}  // namespace sasd
