#include "result_folder.h"

#include <set>
#include <system_error>

#include "draw.h"
#include "input_error.h"

namespace sasd {
namespace {

namespace fs = std::filesystem;

/// Drawings carry the pictures' names: none may hide another, or a picture.
///
/// @return The folder for the drawings, made.
fs::path make_drawn_folder(const fs::path& drawn,
                           const std::vector<fs::path>& pictures) {
  std::set<fs::path> names;
  for (const fs::path& picture : pictures) {
    if (!names.insert(drawn_name(picture)).second) {
      throw InputError(picture.string() +
                       ": another picture has the same name; their drawings would "
                       "overwrite each other");
    }
    if (fs::weakly_canonical(fs::absolute(picture).parent_path()) ==
        fs::weakly_canonical(drawn)) {
      throw InputError(drawn.string() +
                       ": the input would be overwritten; name "
                       "another folder with --out");
    }
  }
  return make_folder(drawn);
}

}  // namespace

ResultFolder::ResultFolder(const fs::path& folder,
                           const std::vector<fs::path>& pictures)
    : drawn_(make_drawn_folder(folder / "drawn", pictures)),
      predictions_file_(folder / "predictions.json"),
      predictions_(predictions_file_),
      images_(folder / "images.json") {}

void ResultFolder::add(const fs::path& file, std::int64_t id, Size size,
                       const std::vector<Person>& persons) {
  const std::string name = file.filename().string();
  for (const Person& person : persons) predictions_.add(to_coco(person, id, name));
  images_.add({{"id", id},
               {"file_name", name},
               {"width", size.width},
               {"height", size.height}});
  num_people_ += persons.size();
  ++num_pictures_;
}

void ResultFolder::draw(const fs::path& file, Picture picture,
                        const std::vector<Person>& persons,
                        const ModelDescription& model, float keypoint_thr) const {
  draw_persons(picture, persons, model, keypoint_thr);
  write_picture(drawn_ / drawn_name(file), picture);
}

void ResultFolder::add_problem(const fs::path& file, std::int64_t id,
                               const std::string& problem) {
  images_.add(
      {{"id", id}, {"file_name", file.filename().string()}, {"problem", problem}});
}

std::string ResultFolder::summary() const {
  return std::to_string(num_people_) + " people in " + std::to_string(num_pictures_) +
         " pictures\n  poses     " + predictions_file_.string() + "\n  drawings  " +
         drawn_.string() + "\n";
}

fs::path make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw InputError(folder.string() + ": cannot be made (" + error.message() +
                     "); name another folder with --out");
  }
  return folder;
}

}  // namespace sasd
