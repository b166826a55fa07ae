#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "geometry.h"

namespace sasd {

/// Red, green and blue.
using Color = std::array<std::uint8_t, 3>;

enum class Precision { kFp32, kFp16, kInt8 };

/// What the net takes: an image in planes, (value - mean) / std.
struct InputDescription {
  std::string blob;
  Size size;     ///< The default where `dynamic`, otherwise the only one.
  bool dynamic;  ///< Whether the net takes any multiple of `divisor`.
  int divisor;   ///< The largest stride of the net.
  bool rgb;      ///< Order of the planes: RGB or BGR.
  std::array<float, 3> mean;
  std::array<float, 3> std;
  std::uint8_t pad_value;  ///< Grey value around the image.
};

/// Sides of an anchor in pixels of the net's input.
struct Anchor {
  float width;
  float height;
};

/// One raw map: A * (5 + 3 K) channels of a grid with `stride` pixels a cell.
struct OutputDescription {
  std::string blob;
  int stride;
  std::vector<Anchor> anchors;
};

struct KeypointDescription {
  std::string name;
  Color color;
};

struct Bone {
  int from;  ///< Indices of keypoints.
  int to;
  Color color;
};

struct Thresholds {
  float score;     ///< Persons must score more.
  float keypoint;  ///< Keypoints below are not drawn.
  float nms_iou;   ///< Boxes that overlap more are of one person.
  int nms_pre;     ///< So many candidates enter the suppression.
  int max_people;
};

/// What deploy.json says about a model.
struct ModelDescription {
  std::string name;
  Precision precision;
  std::filesystem::path param_file;
  std::filesystem::path bin_file;
  InputDescription input;
  std::vector<OutputDescription> outputs;
  std::vector<KeypointDescription> keypoints;
  std::vector<Bone> skeleton;
  Thresholds thresholds;

  /// Channels of a person in a raw map: box, objectness, keypoints.
  int fields() const { return 5 + 3 * static_cast<int>(keypoints.size()); }
};

/// Read deploy.json of a model folder; the model's files must lie beside it.
///
/// @throws InputError A file is missing, or a key is missing or out of range.
ModelDescription read_description(const std::filesystem::path& folder);

/// As in a message: "fp32", "fp16" or "int8".
std::string to_string(Precision precision);

}  // namespace sasd
