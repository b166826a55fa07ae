#include "command_line.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include "input_error.h"

namespace sasd {
namespace {

constexpr int kMaxThreads = 256;
constexpr int kMaxSide = 1 << 14;
constexpr int kDefaultRuns = 50;

/// The whole text as an integer within a range.
std::optional<int> parse_integer(const std::string& text, int least, int most) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < least || value > most) {
    return std::nullopt;
  }
  return value;
}

/// The arguments, taken one after the other.
class Arguments {
 public:
  explicit Arguments(const std::vector<std::string>& all) : all_(all) {}

  bool done() const { return next_ == all_.size(); }
  const std::string& peek() const { return all_[next_]; }
  const std::string& take() { return all_[next_++]; }

  const std::string& value_of(const std::string& option) {
    if (done()) throw InputError(option + " needs a value; see --help");
    return take();
  }

  int integer(const std::string& option, int least, int most) {
    const std::string& text = value_of(option);
    const auto value = parse_integer(text, least, most);
    if (value) return *value;
    throw InputError(option + " " + text + ": must be an integer from " +
                     std::to_string(least) + " to " + std::to_string(most));
  }

  float share(const std::string& option) {
    const std::string& text = value_of(option);
    char* end = nullptr;
    const float value = std::strtof(text.c_str(), &end);
    if (!text.empty() && *end == '\0' && value >= 0 && value <= 1) return value;
    throw InputError(option + " " + text + ": must be a number from 0 to 1");
  }

  /// "512", or "640x384" as width and height.
  Size size(const std::string& option) {
    const std::string& text = value_of(option);
    const std::size_t cross = text.find('x');
    const auto width = parse_integer(text.substr(0, cross), 1, kMaxSide);
    const auto height = cross == std::string::npos
                            ? width
                            : parse_integer(text.substr(cross + 1), 1, kMaxSide);
    if (width && height) return {*width, *height};
    throw InputError(option + " " + text +
                     ": must be a side in pixels, as in 512, or width and height, "
                     "as in 640x384");
  }

  /// A count of runs where one follows; an image's name is no bare number.
  int runs() {
    const bool number = !done() && !peek().empty() &&
                        std::all_of(peek().begin(), peek().end(), [](unsigned char c) {
                          return std::isdigit(c) != 0;
                        });
    return number ? integer("--bench", 1, 1000000) : kDefaultRuns;
  }

 private:
  const std::vector<std::string>& all_;
  std::size_t next_ = 0;
};

void check(const CommandLine& command) {
  if (command.model.empty()) throw InputError("no model folder given; see --help");
  if (command.images.empty()) throw InputError("no image given; see --help");
  for (const auto& image : command.images) {
    if (image.empty()) throw InputError("'': no name of an image");
  }
  if (!command.out && !command.bench) {
    throw InputError("--out DIR says where to write; see --help");
  }
}

}  // namespace

std::string usage() {
  return R"(usage: sasd_pose MODEL_DIR IMAGE... --out DIR [options]

Find people's poses in images, with a model folder that sasd export wrote
for ncnn. DIR receives predictions.json (results in COCO's format), images.json
(ids, names and sizes of the images), and drawn/ (the skeletons).

  --out DIR           folder to write to; not needed with --bench
  --threads N         threads of the net (default: the number of big cores)
  --size N or WxH     input of the net, where the model takes several
  --score-thr S       leave out persons below this score (default: the model's)
  --keypoint-thr S    do not draw keypoints below this score (default: the model's)
  --fp16-arithmetic   compute in 16 bits too, where model and processor can: faster
                      on many ARM processors, and keypoints move by some pixels
  --bench [RUNS]      time the first image (default: 50 runs) and say on what;
                      with --out also as DIR/bench.json
  --help              this text

Exit status: 0; or 2 where the input cannot be used, with a line for each
problem; images that can be read are processed all the same.
)";
}

CommandLine parse_command_line(const std::vector<std::string>& all) {
  CommandLine command;
  Arguments arguments(all);
  while (!arguments.done()) {
    const std::string argument = arguments.take();
    if (argument == "--help" || argument == "-h") {
      command.help = true;
      return command;
    }
    if (argument == "--out") {
      command.out = arguments.value_of(argument);
    } else if (argument == "--threads") {
      command.threads = arguments.integer(argument, 1, kMaxThreads);
    } else if (argument == "--score-thr") {
      command.score_thr = arguments.share(argument);
    } else if (argument == "--keypoint-thr") {
      command.keypoint_thr = arguments.share(argument);
    } else if (argument == "--size") {
      command.size = arguments.size(argument);
    } else if (argument == "--fp16-arithmetic") {
      command.fp16_arithmetic = true;
    } else if (argument == "--bench") {
      command.bench = arguments.runs();
    } else if (argument.size() > 1 && argument[0] == '-') {
      throw InputError(argument + ": no such option; see --help");
    } else if (command.model.empty()) {
      command.model = argument;
    } else {
      command.images.emplace_back(argument);
    }
  }
  check(command);
  return command;
}

}  // namespace sasd
