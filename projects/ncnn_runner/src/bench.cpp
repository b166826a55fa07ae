#include "bench.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <iomanip>

#include "system_info.h"

namespace sasd {
namespace {

// Memory is allocated and caches are warm after so many runs.
constexpr int kWarmUps = 3;

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

/// Times of one run, and what it found.
struct Run {
  std::array<double, 4> times;  ///< In the order of kSteps.
  std::size_t people;
};

constexpr std::array kSteps{"preprocess", "net", "decode", "whole"};

Run run_once(const Estimator& estimator, const Image& image, float score_thr) {
  const auto start = Clock::now();
  const ncnn::Mat input = estimator.preprocess(image);
  const auto prepared = Clock::now();
  const auto maps = estimator.infer(input);
  const auto inferred = Clock::now();
  const auto persons = estimator.find_persons(maps, image.size, score_thr);
  const auto decoded = Clock::now();
  return {{milliseconds(start, prepared), milliseconds(prepared, inferred),
           milliseconds(inferred, decoded), milliseconds(start, decoded)},
          persons.size()};
}

Json to_json(const Summary& summary) {
  const auto brief = [](double time) { return std::round(time * 1000) / 1000; };
  return {{"min", brief(summary.min)},
          {"median", brief(summary.median)},
          {"p95", brief(summary.p95)},
          {"max", brief(summary.max)}};
}

}  // namespace

Summary summarize(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const auto rank = [&](double share) {
    const double position = std::ceil(share * static_cast<double>(times.size()));
    return times[static_cast<std::size_t>(std::max(position, 1.0)) - 1];
  };
  return {times.front(), rank(0.5), rank(0.95), times.back()};
}

Json run_bench(const Estimator& estimator, const Image& image,
               const std::string& name, float score_thr, int runs) {
  std::array<std::vector<double>, kSteps.size()> times;
  std::size_t people = 0;
  for (int i = -kWarmUps; i < runs; ++i) {
    const Run run = run_once(estimator, image, score_thr);
    if (i < 0) continue;
    people = run.people;
    for (std::size_t step = 0; step < kSteps.size(); ++step) {
      times[step].push_back(run.times[step]);
    }
  }
  const ModelDescription& model = estimator.model();
  Json report{{"system", system_info(estimator.options())},
              {"model",
               {{"name", model.name},
                {"precision", to_string(model.precision)},
                {"width", estimator.size().width},
                {"height", estimator.size().height}}},
              {"image",
               {{"file_name", name},
                {"width", image.size.width},
                {"height", image.size.height},
                {"people", people}}},
              {"runs", runs}};
  for (std::size_t step = 0; step < kSteps.size(); ++step) {
    report["milliseconds"][kSteps[step]] = to_json(summarize(times[step]));
  }
  return report;
}

void print_bench(std::ostream& out, const Json& report) {
  constexpr auto kReplace = Json::error_handler_t::replace;
  for (const char* part : {"system", "model", "image"}) {
    for (const auto& [key, value] : report[part].items()) {
      out << std::left << std::setw(18)
          << (part == std::string("system") ? key : part + (" " + key))
          << (value.is_string() ? value.get<std::string>()
                                : value.dump(-1, ' ', false, kReplace))
          << '\n';
    }
  }
  out << "\nms over " << report["runs"] << " runs" << std::right;
  for (const char* column : {"min", "median", "p95", "max"}) {
    out << std::setw(10) << column;
  }
  out << '\n' << std::fixed << std::setprecision(2);
  for (const auto& [step, times] : report["milliseconds"].items()) {
    out << std::left << std::setw(16) << step << std::right;
    for (const auto& time : times) out << std::setw(10) << time.get<double>();
    out << '\n';
  }
}

}  // namespace sasd
