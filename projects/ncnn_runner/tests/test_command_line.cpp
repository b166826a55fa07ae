#include <string>
#include <vector>

#include "bench.h"
#include "check.h"
#include "command_line.h"

namespace {

using namespace sasd;

CommandLine parse(const std::vector<std::string>& arguments) {
  return parse_command_line(arguments);
}

void everything_is_understood() {
  const CommandLine command = parse(
      {"model", "a.jpg", "--out", "out", "b.png", "--threads", "4", "--size", "640x384",
       "--score-thr", "0.25", "--keypoint-thr", "0", "--fp16-arithmetic"});
  CHECK(command.model == "model");
  CHECK(command.images.size() == 2 && command.images[1] == "b.png");
  CHECK(command.out && *command.out == "out");
  CHECK(command.threads == 4);
  CHECK(command.size && *command.size == (Size{640, 384}));
  CHECK(command.score_thr == 0.25F && command.keypoint_thr == 0.0F);
  CHECK(command.fp16_arithmetic && !command.bench && !command.help);
}

void bench_takes_a_number_or_none() {
  CHECK(parse({"model", "a.jpg", "--bench"}).bench == 50);
  CHECK(parse({"model", "a.jpg", "--bench", "7"}).bench == 7);
  CHECK(parse({"model", "--bench", "a.jpg"}).images.size() == 1);
}

void one_number_is_a_square() {
  const CommandLine command = parse({"m", "a", "--out", "o", "--size", "320"});
  CHECK(command.size && *command.size == (Size{320, 320}));
}

void help_needs_nothing_else() { CHECK(parse({"--help"}).help); }

void what_cannot_be_is_named() {
  CHECK_REFUSED(parse({}), "no model folder");
  CHECK_REFUSED(parse({"m"}), "no image");
  CHECK_REFUSED(parse({"m", "a"}), "--out DIR");
  CHECK_REFUSED(parse({"m", "a", "--out"}), "--out needs a value");
  CHECK_REFUSED(parse({"m", "a", "--thread", "2"}), "--thread: no such option");
  CHECK_REFUSED(parse({"m", "a", "--threads", "0"}), "--threads 0: must be");
  CHECK_REFUSED(parse({"m", "a", "--threads", "2x"}), "--threads 2x: must be");
  CHECK_REFUSED(parse({"m", "a", "--score-thr", "1.1"}), "--score-thr 1.1: must be");
  CHECK_REFUSED(parse({"m", "a", "--score-thr", "nan"}), "--score-thr nan: must be");
  CHECK_REFUSED(parse({"m", "a", "--size", "12x"}), "--size 12x: must be");
  CHECK_REFUSED(parse({"m", "a", "--bench", "0"}), "--bench 0: must be");
}

void times_are_summarized_by_nearest_rank() {
  std::vector<double> times;
  for (int i = 100; i > 0; --i) times.push_back(i);
  const Summary summary = summarize(times);
  CHECK_NEAR(summary.min, 1.0, 0.0);
  CHECK_NEAR(summary.median, 50.0, 0.0);
  CHECK_NEAR(summary.p95, 95.0, 0.0);
  CHECK_NEAR(summary.max, 100.0, 0.0);
  CHECK_NEAR(summarize({3.0}).p95, 3.0, 0.0);
}

}  // namespace

int main() {
  everything_is_understood();
  bench_takes_a_number_or_none();
  one_number_is_a_square();
  help_needs_nothing_else();
  what_cannot_be_is_named();
  times_are_summarized_by_nearest_rank();
  return check::failures();
}
