#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "geometry.h"

namespace sasd {

/// Keeps the keys in the order in which they are set.
using Json = nlohmann::ordered_json;

/// A person as an entry of COCO's results: keypoints are a flat list of x, y
/// and score, the box is (x, y, width, height), all in pixels of the image.
Json to_coco(const Person& person, std::int64_t image_id,
             const std::string& file_name);

/// A json file with one list, whole and valid after each addition.
class JsonListFile {
 public:
  /// @throws InputError It cannot be written.
  explicit JsonListFile(const std::filesystem::path& file);

  void add(const Json& record);

 private:
  void write(const std::string& text);
  void repair();

  std::filesystem::path path_;
  std::ofstream stream_;
  std::streamoff end_ = 0;
  bool empty_ = true;
};

}  // namespace sasd
