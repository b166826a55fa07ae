#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
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

/// A json file with one list, whole and valid after each addition. It is locked
/// as `sasd predict` locks it, so that two runs, of either, keep out of one folder.
class JsonListFile {
 public:
  /// @throws InputError It cannot be written, or another run writes to it, whose
  ///     file stays as it is.
  explicit JsonListFile(const std::filesystem::path& file);
  ~JsonListFile();
  JsonListFile(const JsonListFile&) = delete;
  JsonListFile& operator=(const JsonListFile&) = delete;

  /// @throws InputError The disk is full; the file stays as it was before.
  void add(const Json& record);

 private:
  void write(const std::string& text);
  bool write_at_end(const std::string& text) const;
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_;
  int file_;
  off_t end_ = 0;
  bool empty_ = true;
};

}  // namespace sasd
