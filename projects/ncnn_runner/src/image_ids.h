#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace sasd {

/// Number images in COCO's sense: where all their names are different
/// numbers below 2^63, as COCO's are, these are the ids; otherwise they count
/// from 1. Python does the same.
std::vector<std::int64_t> image_ids(const std::vector<std::filesystem::path>& files);

}  // namespace sasd
