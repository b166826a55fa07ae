#include "result_folder.h"

#include <set>
#include <system_error>

#include "draw.h"
#include "input_error.h"

namespace sasd {
namespace {

namespace fs = std::filesystem;

InputError cannot_be_made(const fs::path& folder, const std::error_code& error) {
  std::string reason = error.message();
  for (const fs::path& part : {folder, folder.parent_path()}) {
    // Of a link that leads nowhere, the system says that the file exists.
    std::error_code other;
    const fs::path target = fs::read_symlink(part, other);
    if (!other && !fs::exists(part, other)) {
      reason = part.string() + " is a link to " + target.string() +
               ", which is not there";
    }
  }
  return InputError(folder.string() + ": cannot be made (" + reason +
                    "); name another folder with --out");
}

/// Drawings carry the images' names: none may hide another, or an image.
///
/// @return The folder for the drawings, made.
fs::path make_drawn_folder(const fs::path& drawn,
                           const std::vector<fs::path>& images) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(drawn, error);
  if (error) throw cannot_be_made(drawn.parent_path(), error);
  std::set<fs::path> names;
  for (const fs::path& image : images) {
    if (!names.insert(drawn_name(image)).second) {
      throw InputError(image.string() +
                       ": another image has the same name; their drawings would "
                       "overwrite each other");
    }
    // A folder that is none will be said of the image, when it is read.
    if (fs::weakly_canonical(fs::absolute(image).parent_path(), error) == target) {
      throw InputError(drawn.string() +
                       ": the input would be overwritten; name "
                       "another folder with --out");
    }
  }
  return make_folder(drawn);
}

}  // namespace

ResultFolder::ResultFolder(const fs::path& folder,
                           const std::vector<fs::path>& images)
    : drawn_(make_drawn_folder(folder / "drawn", images)),
      predictions_file_(folder / "predictions.json"),
      // Any run into the folder writes it, so that its lock comes first.
      images_(folder / "images.json"),
      predictions_(predictions_file_) {}

void ResultFolder::add(const fs::path& file, std::int64_t id, Size size,
                       const std::vector<Person>& persons) {
  const std::string name = file.filename().string();
  for (const Person& person : persons) predictions_.add(to_coco(person, id, name));
  images_.add({{"id", id},
               {"file_name", name},
               {"width", size.width},
               {"height", size.height}});
  num_people_ += persons.size();
  ++num_images_;
}

void ResultFolder::draw(const fs::path& file, Image image,
                        const std::vector<Person>& persons,
                        const ModelDescription& model, float keypoint_thr) const {
  draw_persons(image, persons, model, keypoint_thr);
  write_image(drawn_ / drawn_name(file), image);
}

void ResultFolder::add_problem(const fs::path& file, std::int64_t id,
                               const std::string& problem) {
  images_.add(
      {{"id", id}, {"file_name", file.filename().string()}, {"problem", problem}});
}

std::string ResultFolder::summary() const {
  return std::to_string(num_people_) + " people in " + std::to_string(num_images_) +
         " images\n  poses     " + predictions_file_.string() + "\n  drawings  " +
         drawn_.string() + "\n";
}

fs::path make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw cannot_be_made(folder, error);
  return folder;
}

}  // namespace sasd
