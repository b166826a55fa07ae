#include "image_ids.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <numeric>
#include <set>
#include <string>

namespace sasd {

std::vector<std::int64_t> image_ids(const std::vector<std::filesystem::path>& files) {
  std::vector<std::int64_t> ids;
  for (const auto& file : files) {
    const std::string stem = file.stem().string();
    const char* end = stem.data() + stem.size();
    std::int64_t id = 0;
    const auto [stop, error] = std::from_chars(stem.data(), end, id);
    if (error != std::errc() || stop != end || id < 0 || stem[0] == '-') break;
    ids.push_back(id);
  }
  const std::set<std::int64_t> different(ids.begin(), ids.end());
  if (different.size() != files.size()) {
    ids.resize(files.size());
    std::iota(ids.begin(), ids.end(), 1);
  }
  return ids;
}

}  // namespace sasd
