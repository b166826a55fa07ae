#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "geometry.h"

namespace sasd {

/// What the user asked for; what is not given comes from the model.
struct CommandLine {
  std::filesystem::path model;
  std::vector<std::filesystem::path> images;
  std::optional<std::filesystem::path> out;
  std::optional<int> threads;
  std::optional<float> score_thr;
  std::optional<float> keypoint_thr;
  std::optional<Size> size;
  std::optional<int> bench;  ///< Number of timed runs.
  bool fp16_arithmetic = false;
  bool help = false;
};

/// The text of --help.
std::string usage();

/// Parse the arguments after the program's name.
///
/// @throws InputError An argument is unknown, missing or out of range.
CommandLine parse_command_line(const std::vector<std::string>& arguments);

}  // namespace sasd
