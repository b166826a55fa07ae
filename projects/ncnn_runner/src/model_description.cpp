#include "model_description.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "input_error.h"

namespace sasd {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kLayout =
    "channel = anchor * (5 + 3 K) + field; fields: x, y, w, h, objectness, then x, y, "
    "confidence of each keypoint";
constexpr int kMaxInt = std::numeric_limits<int>::max();

/// A value in deploy.json that knows its name, for messages.
class Node {
 public:
  Node(const json& value, std::string name, const std::string& file)
      : value_(value), name_(std::move(name)), file_(file) {}

  /// The value of a key that must be there.
  Node operator[](const std::string& key) const {
    const std::string name = name_.empty() ? key : name_ + "." + key;
    if (!value_.is_object()) fail("must be an object");
    const auto found = value_.find(key);
    if (found == value_.end()) {
      throw InputError(file_ + ": " + name + " is missing; export the model anew");
    }
    return Node(*found, name, file_);
  }

  /// The elements of a list of at least `least` and, unless 0, at most `most`.
  std::vector<Node> items(std::size_t least, std::size_t most = 0) const {
    if (!value_.is_array() || value_.size() < least ||
        (most > 0 && value_.size() > most)) {
      fail(least == most ? "must be a list of " + std::to_string(least)
                         : "must be a list that is not empty");
    }
    std::vector<Node> nodes;
    for (std::size_t i = 0; i < value_.size(); ++i) {
      nodes.emplace_back(value_[i], name_ + "[" + std::to_string(i) + "]", file_);
    }
    return nodes;
  }

  std::string text() const {
    if (!value_.is_string()) fail("must be a string");
    return value_.get<std::string>();
  }

  bool flag() const {
    if (!value_.is_boolean()) fail("must be true or false");
    return value_.get<bool>();
  }

  int integer(int least, int most = kMaxInt) const {
    if (value_.is_number_integer()) {
      const auto number = value_.get<std::int64_t>();
      if (number >= least && number <= most) return static_cast<int>(number);
    }
    fail("must be an integer " + range(least, most));
  }

  float number(float least, float most) const {
    if (value_.is_number()) {
      const auto number = value_.get<float>();
      if (number >= least && number <= most) return number;
    }
    fail("must be a number from " + format(least) + " to " + format(most));
  }

  /// A number that one can divide by.
  float positive() const {
    if (value_.is_number()) {
      const auto number = value_.get<float>();
      if (number > 0 && std::isfinite(number)) return number;
    }
    fail("must be a number above 0");
  }

  Color color() const {
    Color color{};
    const auto parts = items(3, 3);
    for (std::size_t i = 0; i < 3; ++i) {
      color[i] = static_cast<std::uint8_t>(parts[i].integer(0, 255));
    }
    return color;
  }

  /// @throws InputError Always; "DIR/deploy.json: input.width PROBLEM".
  [[noreturn]] void fail(const std::string& problem) const {
    throw InputError(file_ + ": " + (name_.empty() ? "it" : name_) + " " + problem);
  }

 private:
  static std::string format(float number) { return json(number).dump(); }

  static std::string range(int least, int most) {
    const std::string from = "from " + std::to_string(least);
    return most == kMaxInt ? from + " on" : from + " to " + std::to_string(most);
  }

  const json& value_;
  std::string name_;
  const std::string& file_;
};

json parse(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    throw InputError(file.string() +
                     ": no such file; a model folder holds deploy.json and the "
                     "files that it names");
  }
  try {
    return json::parse(stream);
  } catch (const json::parse_error& error) {
    throw InputError(file.string() + ": not valid JSON (byte " +
                     std::to_string(error.byte) + "); export the model anew");
  }
}

Precision parse_precision(const Node& node) {
  const std::string text = node.text();
  for (const auto precision : {Precision::kFp32, Precision::kFp16, Precision::kInt8}) {
    if (text == to_string(precision)) return precision;
  }
  node.fail("is '" + text + "'; this program knows fp32, fp16 and int8");
}

/// The one file of a kind that `files` names; it must be there.
fs::path find_file(const Node& files, const fs::path& folder,
                   const std::string& suffix) {
  for (const Node& node : files.items(1)) {
    const fs::path name = node.text();
    if (name.extension() != suffix) continue;
    if (name != name.filename()) node.fail("must be a plain file name");
    if (!fs::is_regular_file(folder / name)) {
      throw InputError((folder / name).string() +
                       ": no such file; deploy.json names it, so copy the whole "
                       "model folder or export the model anew");
    }
    return folder / name;
  }
  files.fail("names no " + suffix + " file");
}

std::array<float, 3> parse_channels(const Node& node, bool divisors) {
  std::array<float, 3> values{};
  const auto parts = node.items(3, 3);
  for (std::size_t i = 0; i < 3; ++i) {
    values[i] = divisors ? parts[i].positive() : parts[i].number(-1e6F, 1e6F);
  }
  return values;
}

InputDescription parse_input(const Node& node) {
  InputDescription input{};
  input.blob = node["name"].text();
  input.divisor = node["divisor"].integer(1, 4096);
  input.dynamic = node["dynamic"].flag();
  for (const auto& [key, side] : {std::pair{"width", &input.size.width},
                                  std::pair{"height", &input.size.height}}) {
    *side = node[key].integer(1, 1 << 14);
    if (*side % input.divisor != 0) {
      node[key].fail("must be a multiple of input.divisor, " +
                     std::to_string(input.divisor));
    }
  }
  const std::string color = node["color"].text();
  if (color != "rgb" && color != "bgr") node["color"].fail("must be rgb or bgr");
  input.rgb = color == "rgb";
  input.mean = parse_channels(node["mean"], false);
  input.std = parse_channels(node["std"], true);
  input.pad_value = static_cast<std::uint8_t>(node["pad_value"].integer(0, 255));
  return input;
}

OutputDescription parse_output(const Node& node, int divisor) {
  OutputDescription output{};
  output.blob = node["name"].text();
  output.stride = node["stride"].integer(1, divisor);
  if (divisor % output.stride != 0) {
    node["stride"].fail("must divide input.divisor, " + std::to_string(divisor));
  }
  for (const Node& anchor : node["anchors"].items(1)) {
    const auto sides = anchor.items(2, 2);
    output.anchors.push_back({sides[0].positive(), sides[1].positive()});
  }
  return output;
}

Bone parse_bone(const Node& node, int num_keypoints) {
  const auto ends = node["link"].items(2, 2);
  return {ends[0].integer(0, num_keypoints - 1), ends[1].integer(0, num_keypoints - 1),
          node["color"].color()};
}

Thresholds parse_thresholds(const Node& node) {
  Thresholds thresholds{};
  thresholds.score = node["score"].number(0, 1);
  thresholds.keypoint = node["keypoint"].number(0, 1);
  thresholds.nms_iou = node["nms_iou"].number(0, 1);
  thresholds.nms_pre = node["nms_pre"].integer(1);
  thresholds.max_people = node["max_people"].integer(1);
  return thresholds;
}

void check_text(const Node& node, const std::string& expected, const char* what_to_do) {
  if (node.text() != expected) {
    node.fail("is '" + node.text() + "', not '" + expected + "'; " + what_to_do);
  }
}

}  // namespace

ModelDescription read_description(const fs::path& folder) {
  const fs::path path = folder / "deploy.json";
  const std::string file = path.string();
  const json content = parse(path);
  const Node root(content, "", file);
  check_text(root["format"], "sasd_mmpose.pose/1",
             "export the model with the version of this program");
  check_text(root["backend"], "ncnn", "export the model for ncnn");
  check_text(root["layout"], kLayout, "this program reads no other");

  ModelDescription model{};
  model.name = root["name"].text();
  model.precision = parse_precision(root["precision"]);
  model.param_file = find_file(root["files"], folder, ".param");
  model.bin_file = find_file(root["files"], folder, ".bin");
  model.input = parse_input(root["input"]);
  for (const Node& node : root["outputs"].items(1)) {
    model.outputs.push_back(parse_output(node, model.input.divisor));
  }
  for (const Node& node : root["keypoints"].items(1)) {
    model.keypoints.push_back({node["name"].text(), node["color"].color()});
  }
  for (const Node& node : root["skeleton"].items(0)) {
    model.skeleton.push_back(
        parse_bone(node, static_cast<int>(model.keypoints.size())));
  }
  model.thresholds = parse_thresholds(root["thresholds"]);
  return model;
}

std::string to_string(Precision precision) {
  switch (precision) {
    case Precision::kFp32:
      return "fp32";
    case Precision::kFp16:
      return "fp16";
    case Precision::kInt8:
      return "int8";
  }
  return "";
}

}  // namespace sasd
