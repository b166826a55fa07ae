#include "estimator.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "decode.h"
#include "input_error.h"
#include "stderr_capture.h"

namespace sasd {
namespace {

void check_size(const InputDescription& input, Size size) {
  if (size == input.size) return;
  const std::string asked =
      "--size " + std::to_string(size.width) + "x" + std::to_string(size.height);
  if (!input.dynamic) {
    throw InputError(asked + ": this model takes " + std::to_string(input.size.width) +
                     "x" + std::to_string(input.size.height) +
                     " only; export one with dynamic shapes for other sizes");
  }
  if (size.width % input.divisor != 0 || size.height % input.divisor != 0) {
    throw InputError(asked + ": both sides must be multiples of " +
                     std::to_string(input.divisor));
  }
}

/// "(what ncnn said)", if it said something.
std::string remark(const StderrCapture& capture) {
  const std::string line = capture.first_line();
  return line.empty() ? "" : " (" + line + ")";
}

void check_blob(const std::vector<const char*>& there, const std::string& name,
                const std::string& file) {
  const bool found = std::any_of(there.begin(), there.end(), [&](const char* blob) {
    return std::strcmp(blob, name.c_str()) == 0;
  });
  if (found) return;
  std::string names;
  for (const char* blob : there) names += std::string(" ") + blob;
  throw InputError(file + ": has no blob '" + name +
                   "' that deploy.json names; it has" + names);
}

}  // namespace

Estimator::Estimator(ModelDescription model, Size size, int threads,
                     bool fp16_arithmetic)
    : model_(std::move(model)), size_(size) {
  check_size(model_.input, size_);
  const bool half = model_.precision != Precision::kFp32;
  if (fp16_arithmetic && !half) {
    throw InputError("--fp16-arithmetic: this model is fp32; export it as fp16");
  }
  net_.opt.num_threads = threads;
  net_.opt.use_vulkan_compute = false;
  // Weights and maps of 16 bits cost little accuracy, computing in them much,
  // which ncnn does on some processors unless it is told not to.
  net_.opt.use_fp16_packed = half;
  net_.opt.use_fp16_storage = half;
  net_.opt.use_fp16_arithmetic = fp16_arithmetic;
  net_.opt.use_bf16_storage = false;
  load();
  check_blobs();
  check_maps();
}

void Estimator::load() {
  const std::string param = model_.param_file.string();
  const std::string bin = model_.bin_file.string();
  const StderrCapture capture;
  if (net_.load_param(param.c_str()) != 0) {
    throw InputError(param + ": not a net that this ncnn can load" + remark(capture));
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen(bin.c_str(), "rb"), std::fclose);
  if (file == nullptr) throw InputError(bin + ": cannot be read");
  const bool loaded = net_.load_model(file.get()) == 0;
  // What is left over belongs to another net.
  if (!loaded || std::fgetc(file.get()) != EOF) {
    throw InputError(bin + ": does not hold the weights of " +
                     model_.param_file.filename().string() + remark(capture) +
                     "; copy both from one export");
  }
}

void Estimator::check_blobs() const {
  const std::string file = model_.param_file.string();
  check_blob(net_.input_names(), model_.input.blob, file);
  for (const OutputDescription& output : model_.outputs) {
    check_blob(net_.output_names(), output.blob, file);
  }
  if (net_.output_names().size() != model_.outputs.size()) {
    throw InputError(file + ": has " + std::to_string(net_.output_names().size()) +
                     " outputs, deploy.json describes " +
                     std::to_string(model_.outputs.size()));
  }
}

void Estimator::check_maps() const {
  ncnn::Mat grey(size_.width, size_.height, 3);
  grey.fill(0.5F);
  const auto maps = infer(grey);
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const OutputDescription& output = model_.outputs[i];
    const ncnn::Mat& map = maps[i];
    const Size grid{size_.width / output.stride, size_.height / output.stride};
    const int channels = static_cast<int>(output.anchors.size()) * model_.fields();
    if (map.dims == 3 && map.c == channels && map.w == grid.width &&
        map.h == grid.height) {
      continue;
    }
    const auto shape = [](int c, int h, int w) {
      return "(" + std::to_string(c) + ", " + std::to_string(h) + ", " +
             std::to_string(w) + ")";
    };
    throw InputError(
        model_.param_file.string() + ": output " + output.blob + " has the shape " +
        shape(map.c, map.h, map.w) + ", and by deploy.json " +
        shape(channels, grid.height, grid.width) + "; copy both from one export");
  }
}

std::vector<Person> Estimator::operator()(const Image& image,
                                          float score_thr) const {
  return find_persons(infer(preprocess(image)), image.size, score_thr);
}

ncnn::Mat Estimator::preprocess(const Image& image) const {
  return Letterbox(image.size, size_).apply(image, model_.input);
}

std::vector<ncnn::Mat> Estimator::infer(const ncnn::Mat& input) const {
  ncnn::Extractor extractor = net_.create_extractor();
  extractor.input(model_.input.blob.c_str(), input);
  std::vector<ncnn::Mat> maps(model_.outputs.size());
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const std::string& blob = model_.outputs[i].blob;
    if (extractor.extract(blob.c_str(), maps[i]) != 0) {
      throw InputError(model_.param_file.string() + ": ncnn cannot compute " + blob +
                       " for an input of " + std::to_string(size_.width) + "x" +
                       std::to_string(size_.height));
    }
  }
  return maps;
}

std::vector<Person> Estimator::find_persons(const std::vector<ncnn::Mat>& maps,
                                            Size image, float score_thr) const {
  const Letterbox letterbox(image, size_);
  std::vector<Person> persons = decode(maps, model_, score_thr);
  for (Person& person : persons) person = letterbox.to_image(std::move(person));
  return persons;
}

}  // namespace sasd
