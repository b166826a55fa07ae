#include <cpu.h>

#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>
#include <vector>

#include "bench.h"
#include "command_line.h"
#include "estimator.h"
#include "input_error.h"
#include "json_files.h"
#include "image.h"
#include "image_ids.h"
#include "result_folder.h"

namespace {

namespace fs = std::filesystem;
using namespace sasd;

constexpr int kBadInput = 2;

void complain(const std::exception& error) {
  std::cerr << "error: " << one_line(error.what()) << '\n';
}

/// Process all images; those that cannot be read are named and left out.
///
/// @return The exit status.
int predict(const Estimator& estimator, const CommandLine& command, float score_thr) {
  const ModelDescription& model = estimator.model();
  const float keypoint_thr = command.keypoint_thr.value_or(model.thresholds.keypoint);
  const std::vector<std::int64_t> ids = image_ids(command.images);
  ResultFolder results(*command.out, command.images);
  int status = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const fs::path& file = command.images[i];
    Image image;
    try {
      image = read_image(file);
    } catch (const InputError& error) {
      complain(error);
      results.add_problem(file, ids[i], error.what());
      status = kBadInput;
      continue;
    }
    const std::vector<Person> persons = estimator(image, score_thr);
    results.add(file, ids[i], image.size, persons);
    try {
      results.draw(file, std::move(image), persons, model, keypoint_thr);
    } catch (const InputError& error) {  // the results of the next ones matter more
      complain(error);
      status = kBadInput;
    }
  }
  std::cout << results.summary();
  return status;
}

void bench(const Estimator& estimator, const CommandLine& command, float score_thr) {
  const fs::path& file = command.images.front();
  const Json report = run_bench(estimator, read_image(file), file.filename().string(),
                                score_thr, *command.bench);
  print_bench(std::cout, report);
  if (!command.out) return;
  const fs::path json = make_folder(*command.out) / "bench.json";
  std::ofstream stream(json);
  stream << report.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
  if (!stream.flush()) throw InputError(json.string() + ": cannot be written");
}

int run(const CommandLine& command) {
  ModelDescription model = read_description(command.model);
  const Size size = command.size.value_or(model.input.size);
  const float score_thr = command.score_thr.value_or(model.thresholds.score);
  const Estimator estimator(std::move(model), size,
                            command.threads.value_or(ncnn::get_big_cpu_count()),
                            command.fp16_arithmetic);
  if (!command.bench) return predict(estimator, command, score_thr);
  bench(estimator, command, score_thr);
  return 0;
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
  } catch (const fs::filesystem_error& error) {  // such as a name that is too long
    complain(error);
    return kBadInput;
  }
}
