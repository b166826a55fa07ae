#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "geometry.h"
#include "json_files.h"
#include "model_description.h"
#include "image.h"

namespace sasd {

/// What is found, on disk, complete after every image: predictions.json (COCO's
/// results), images.json (ids, names and sizes, or why one could not be read)
/// and drawn/ (the skeletons).
class ResultFolder {
 public:
  /// @param images All that will be added, by their files.
  /// @throws InputError The folder cannot be written, or an image would be
  ///     overwritten.
  ResultFolder(const std::filesystem::path& folder,
               const std::vector<std::filesystem::path>& images);

  /// Write what was found in an image.
  void add(const std::filesystem::path& file, std::int64_t id, Size size,
           const std::vector<Person>& persons);

  /// Draw the skeletons into an image, and write it.
  void draw(const std::filesystem::path& file, Image image,
            const std::vector<Person>& persons, const ModelDescription& model,
            float keypoint_thr) const;

  /// Note that an image could not be read.
  void add_problem(const std::filesystem::path& file, std::int64_t id,
                   const std::string& problem);

  /// How much was written, and where.
  std::string summary() const;

 private:
  std::filesystem::path drawn_;
  std::filesystem::path predictions_file_;
  JsonListFile images_;
  JsonListFile predictions_;
  std::size_t num_people_ = 0;
  std::size_t num_images_ = 0;
};

/// Make a folder where it does not exist.
///
/// @return The folder.
/// @throws InputError It cannot be made.
std::filesystem::path make_folder(const std::filesystem::path& folder);

}  // namespace sasd
