#include "json_files.h"

#include <cmath>
#include <system_error>

#include "input_error.h"

namespace sasd {
namespace {

double rounded(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return std::nearbyint(value * scale) / scale;
}

}  // namespace

Json to_coco(const Person& person, std::int64_t image_id,
             const std::string& file_name) {
  Json keypoints = Json::array();
  for (const Keypoint& point : person.keypoints) {
    for (const float value : {point.x, point.y, point.score}) {
      keypoints.push_back(rounded(value, 3));
    }
  }
  const Box& box = person.box;
  Json bbox = Json::array();
  const double left = box.x1;
  const double top = box.y1;
  for (const double value : {left, top, box.x2 - left, box.y2 - top}) {
    bbox.push_back(rounded(value, 2));
  }
  return {{"image_id", image_id}, {"file_name", file_name},
          {"category_id", 1},     {"keypoints", keypoints},
          {"bbox", bbox},         {"score", rounded(person.score, 5)}};
}

JsonListFile::JsonListFile(const std::filesystem::path& file)
    : path_(file), stream_(file, std::ios::binary | std::ios::trunc) {
  write("[");
}

void JsonListFile::add(const Json& record) {
  const auto replace = Json::error_handler_t::replace;  // names need not be UTF-8
  write((empty_ ? "\n" : ",\n") + record.dump(-1, ' ', false, replace));
  empty_ = false;
}

void JsonListFile::write(const std::string& text) {
  stream_.seekp(end_);
  stream_ << text << "\n]\n" << std::flush;
  if (!stream_) {
    repair();
    throw InputError(path_.string() +
                     ": cannot be written; name another folder with --out");
  }
  end_ += static_cast<std::streamoff>(text.size());
}

/// Take back what a full disk has cut off; the old end needs no further room.
void JsonListFile::repair() {
  if (end_ == 0) return;
  const std::string closing = "\n]\n";
  stream_.close();
  std::error_code ignored;
  const auto size = static_cast<std::uintmax_t>(end_) + closing.size();
  std::filesystem::resize_file(path_, size, ignored);
  std::fstream old(path_, std::ios::binary | std::ios::in | std::ios::out);
  old.seekp(end_);
  old << closing << std::flush;
}

}  // namespace sasd
