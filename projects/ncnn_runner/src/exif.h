#pragma once

#include <cstdint>
#include <vector>

namespace sasd {

/// How a JPEG file's image is to be turned, as its EXIF data say.
///
/// @param file The whole file, of any kind.
/// @return 1 (as it is) to 8; 1 where the file does not say.
int exif_orientation(const std::vector<std::uint8_t>& file);

}  // namespace sasd
