#pragma once

#include <filesystem>
#include <vector>

namespace sasd {

/// Number images in COCO's sense: where all their names are different
/// numbers, as COCO's are, these are the ids; otherwise they count from 1.
std::vector<int> image_ids(const std::vector<std::filesystem::path>& files);

}  // namespace sasd
