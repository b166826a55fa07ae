#include <nlohmann/json.hpp>
#include <string>

#include "check.h"
#include "model_description.h"
#include "temporary_folder.h"

namespace {

using namespace sasd;
using nlohmann::json;

json good() {
  return json::parse(R"({
    "format": "sasd_mmpose.pose/1", "name": "small", "backend": "ncnn",
    "precision": "fp16", "files": ["end2end.param", "end2end.bin"],
    "input": {"name": "in0", "width": 320, "height": 192, "dynamic": true,
              "divisor": 32, "color": "rgb", "mean": [1, 2, 3], "std": [255, 255, 255],
              "pad_value": 114},
    "outputs": [{"name": "out0", "stride": 8, "anchors": [[10, 20.5], [30, 40]]},
                {"name": "out1", "stride": 32, "anchors": [[50, 60]]}],
    "layout": "channel = anchor * (5 + 3 K) + field; fields: x, y, w, h, objectness, then x, y, confidence of each keypoint",
    "keypoints": [{"name": "nose", "color": [1, 2, 3]},
                  {"name": "left_eye", "color": [255, 0, 0]}],
    "skeleton": [{"link": [0, 1], "color": [4, 5, 6]}],
    "thresholds": {"score": 0.25, "keypoint": 0.5, "nms_iou": 0.65, "nms_pre": 1000,
                   "max_people": 100},
    "versions": {"torch": "2"}, "source": {}})");
}

/// A model folder with this deploy.json; what the files hold is not looked at.
ModelDescription read(const std::string& content) {
  const TemporaryFolder folder;
  folder.write("deploy.json", content);
  folder.write("end2end.param", "");
  folder.write("end2end.bin", "");
  return read_description(folder.path());
}

/// With another value at a place such as "/input/width".
ModelDescription read_with(const std::string& place, const json& value) {
  json content = good();
  content[json::json_pointer(place)] = value;
  return read(content.dump());
}

ModelDescription read_without(const std::string& object, const std::string& key) {
  json content = good();
  content[json::json_pointer(object)].erase(key);
  return read(content.dump());
}

void everything_is_read() {
  const ModelDescription model = read(good().dump());
  CHECK(model.name == "small");
  CHECK(model.precision == Precision::kFp16);
  CHECK(model.param_file.filename() == "end2end.param");
  CHECK(model.bin_file.filename() == "end2end.bin");
  CHECK(model.input.blob == "in0");
  CHECK((model.input.size == Size{320, 192}));
  CHECK(model.input.dynamic && model.input.rgb && model.input.divisor == 32);
  CHECK(model.input.mean[2] == 3 && model.input.std[0] == 255);
  CHECK(model.outputs.size() == 2 && model.outputs[1].stride == 32);
  CHECK(model.outputs[0].anchors[0].height == 20.5F);
  CHECK(model.keypoints[1].name == "left_eye" && model.keypoints[1].color[0] == 255);
  CHECK(model.skeleton[0].to == 1 && model.skeleton[0].color[2] == 6);
  CHECK(model.thresholds.score == 0.25F && model.thresholds.max_people == 100);
  CHECK(model.fields() == 5 + 3 * 2);
}

void wrong_values_are_named() {
  CHECK_REFUSED(read_with("/format", "other/2"), "format is 'other/2'");
  CHECK_REFUSED(read_with("/backend", "onnxruntime"), "export the model for ncnn");
  CHECK_REFUSED(read_with("/precision", "fp8"), "precision is 'fp8'");
  CHECK_REFUSED(read_with("/layout", "transposed"), "layout is 'transposed'");
  CHECK_REFUSED(read_with("/files", json::array()), "files must be a list");
  CHECK_REFUSED(read_with("/files/1", "end2end.onnx"), "files names no .bin file");
  CHECK_REFUSED(read_with("/files/0", "../end2end.param"), "must be a plain file name");
  CHECK_REFUSED(read_with("/files/0", "other.param"), "other.param: no such file");
  CHECK_REFUSED(read_with("/input", 3), "input must be an object");
  CHECK_REFUSED(read_with("/input/width", 100), "input.width must be a multiple of");
  CHECK_REFUSED(read_with("/input/height", "192"), "input.height must be an integer");
  CHECK_REFUSED(read_with("/input/height", -32), "input.height must be an integer");
  CHECK_REFUSED(read_with("/input/color", "hsv"), "input.color must be rgb or bgr");
  CHECK_REFUSED(read_with("/input/dynamic", 1), "input.dynamic must be true or false");
  CHECK_REFUSED(read_with("/input/mean", {1, 2}), "input.mean must be a list of 3");
  CHECK_REFUSED(read_with("/input/std/1", 0), "input.std[1] must be a number above 0");
  CHECK_REFUSED(read_with("/input/pad_value", 256), "input.pad_value must be");
  CHECK_REFUSED(read_with("/outputs", json::array()), "outputs must be a list");
  CHECK_REFUSED(read_with("/outputs/0/stride", 12), "outputs[0].stride must divide");
  CHECK_REFUSED(read_with("/outputs/0/anchors/1", {1}),
                "outputs[0].anchors[1] must be");
  CHECK_REFUSED(read_with("/keypoints/1/color/2", 300),
                "keypoints[1].color[2] must be");
  CHECK_REFUSED(read_with("/skeleton/0/link", {0, 2}), "skeleton[0].link[1] must be");
  CHECK_REFUSED(read_with("/thresholds/score", 1.5), "thresholds.score must be");
  CHECK_REFUSED(read_with("/thresholds/nms_pre", 0), "thresholds.nms_pre must be");
}

void missing_keys_are_named() {
  CHECK_REFUSED(read_without("/input", "divisor"), "input.divisor is missing");
  CHECK_REFUSED(read_without("/outputs/1", "stride"), "outputs[1].stride is missing");
  CHECK_REFUSED(read_without("", "thresholds"), "thresholds is missing");
}

void what_is_no_json_is_refused() {
  CHECK_REFUSED(read("{\"format\": "), "not valid JSON");
  CHECK_REFUSED(read("[1]"), "it must be an object");
  CHECK_REFUSED(read_description("/no/such/folder"), "no such file");
}

}  // namespace

int main() {
  everything_is_read();
  wrong_values_are_named();
  missing_keys_are_named();
  what_is_no_json_is_refused();
  return check::failures();
}
