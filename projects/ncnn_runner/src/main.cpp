#include <cpu.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bench.h"
#include "command_line.h"
#include "draw.h"
#include "estimator.h"
#include "input_error.h"
#include "json_files.h"
#include "picture.h"
#include "picture_ids.h"

namespace {

namespace fs = std::filesystem;
using namespace sasd;

constexpr int kBadInput = 2;

void complain(const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw InputError(folder.string() + ": cannot be made (" + error.message() +
                     "); name another folder with --out");
  }
}

/// Drawings carry the pictures' names: none may hide another or a picture.
void check_names(const std::vector<fs::path>& pictures, const fs::path& drawn) {
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
}

/// Process all pictures; those that cannot be read are named and left out.
///
/// @return Whether all could be read.
bool predict(const Estimator& estimator, const CommandLine& command, float score_thr) {
  const fs::path out = *command.out;
  const fs::path drawn = out / "drawn";
  check_names(command.pictures, drawn);
  make_folder(drawn);
  JsonListFile predictions(out / "predictions.json");
  JsonListFile images(out / "images.json");
  const ModelDescription& model = estimator.model();
  const std::vector<int> ids = picture_ids(command.pictures);
  std::size_t people = 0;
  std::size_t read = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const fs::path& file = command.pictures[i];
    const std::string name = file.filename().string();
    Json image{{"id", ids[i]}, {"file_name", name}};
    Picture picture;
    try {
      picture = read_picture(file);
    } catch (const InputError& error) {
      complain(error);
      image["problem"] = error.what();
      images.add(image);
      continue;
    }
    const std::vector<Person> persons = estimator(picture, score_thr);
    for (const Person& person : persons) predictions.add(to_coco(person, ids[i], name));
    image["width"] = picture.size.width;
    image["height"] = picture.size.height;
    images.add(image);
    draw_persons(picture, persons, model,
                 command.keypoint_thr.value_or(model.thresholds.keypoint));
    write_picture(drawn / drawn_name(file), picture);
    people += persons.size();
    ++read;
  }
  std::cout << people << " people in " << read << " pictures\n"
            << "  poses     " << (out / "predictions.json").string() << '\n'
            << "  drawings  " << drawn.string() << '\n';
  return read == ids.size();
}

void bench(const Estimator& estimator, const CommandLine& command, float score_thr) {
  const fs::path& file = command.pictures.front();
  const Json report = run_bench(estimator, read_picture(file), file.filename().string(),
                                score_thr, *command.bench);
  print_bench(std::cout, report);
  if (!command.out) return;
  make_folder(*command.out);
  const fs::path json = *command.out / "bench.json";
  std::ofstream stream(json);
  stream << report.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
  if (!stream.flush()) throw InputError(json.string() + ": cannot be written");
}

int run(const CommandLine& command) {
  ModelDescription model = read_description(command.model);
  const Size size = command.size.value_or(model.input.size);
  const float score_thr = command.score_thr.value_or(model.thresholds.score);
  const Estimator estimator(std::move(model), size,
                            command.threads.value_or(ncnn::get_big_cpu_count()));
  if (command.bench) {
    bench(estimator, command, score_thr);
    return 0;
  }
  return predict(estimator, command, score_thr) ? 0 : kBadInput;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const CommandLine command = parse_command_line({argv + 1, argv + argc});
    if (command.help) {
      std::cout << usage();
      return 0;
    }
    return run(command);
  } catch (const InputError& error) {
    complain(error);
    return kBadInput;
  }
}
