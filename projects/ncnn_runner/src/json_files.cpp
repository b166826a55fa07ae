#include "json_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <system_error>

#include "input_error.h"

namespace sasd {
namespace {

constexpr const char* kClosing = "\n]\n";

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
    : path_(file), file_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (file_ < 0) fail(errno);
  if (flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close(file_);
    throw InputError(path_.parent_path().string() +
                     ": another run writes to it; name another folder with --out");
  }
  try {
    if (ftruncate(file_, 0) != 0) fail(errno);
    write("[");
  } catch (const InputError&) {
    close(file_);
    throw;
  }
}

JsonListFile::~JsonListFile() { close(file_); }

void JsonListFile::add(const Json& record) {
  const auto replace = Json::error_handler_t::replace;  // names need not be UTF-8
  write((empty_ ? "\n" : ",\n") + record.dump(-1, ' ', false, replace));
  empty_ = false;
}

void JsonListFile::write(const std::string& text) {
  if (!write_at_end(text + kClosing)) {
    const int error = errno;
    // The bytes of the old end are there already, on a full disk too.
    if (ftruncate(file_, end_) == 0) write_at_end(kClosing);
    fail(error);
  }
  end_ += static_cast<off_t>(text.size());
}

/// Write behind the last record.
///
/// @return Whether all of it was written; errno says why not.
bool JsonListFile::write_at_end(const std::string& text) const {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = pwrite(file_, text.data() + done, text.size() - done,
                                   end_ + static_cast<off_t>(done));
    if (written < 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return true;
}

void JsonListFile::fail(int error) const {
  throw InputError(path_.string() + ": cannot be written (" +
                   std::generic_category().message(error) +
                   "); name another folder with --out");
}

}  // namespace sasd
