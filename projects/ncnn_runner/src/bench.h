#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "estimator.h"
#include "json_files.h"
#include "image.h"

namespace sasd {

/// Milliseconds of repeated runs, in brief.
struct Summary {
  double min = 0;
  double median = 0;
  double p95 = 0;
  double max = 0;
};

/// @param times At least one. The percentiles are those of the nearest rank.
Summary summarize(std::vector<double> times);

/// Time an estimator on one image in memory: letterbox, net, decoding with
/// suppression, and the whole of these; neither reading nor drawing.
///
/// @param runs Timed runs, after some that are not.
/// @return Device, model and times: what bench.json holds.
Json run_bench(const Estimator& estimator, const Image& image,
               const std::string& name, float score_thr, int runs);

/// Write the same for people to read.
void print_bench(std::ostream& out, const Json& report);

}  // namespace sasd
