#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "image.h"

namespace sasd {

/// Decode a JPEG file to the very pixels that OpenCV, and so Python, sees:
/// decoders differ by a few grey levels, which move keypoints by up to a pixel.
///
/// @return Nothing if this was built without libjpeg, or the content is no
/// grey or YCbCr JPEG file.
std::optional<Image> decode_jpeg(const std::vector<std::uint8_t>& content);

/// Whether a JPEG file lacks its end; false for a file of another kind.
bool is_cut_short(const std::vector<std::uint8_t>& file);

}  // namespace sasd
