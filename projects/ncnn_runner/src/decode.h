#pragma once

#include <mat.h>

#include <cstddef>
#include <vector>

#include "geometry.h"
#include "model_description.h"

namespace sasd {

/// Find the persons in the raw maps of a net.
///
/// With t a raw value, a the anchor and s the stride in pixels, a box has the
/// centre (2 sigmoid(t) - 0.5 + cell) s and the sides (2 sigmoid(t))^2 a, a
/// keypoint lies at (2 t - 0.5 + cell) s.
///
/// @param maps One per output, A * (5 + 3 K) channels of floats.
/// @param score_thr Persons must score more.
/// @return Persons in pixels of the net's input, best first.
std::vector<Person> decode(const std::vector<ncnn::Mat>& maps,
                           const ModelDescription& model, float score_thr);

/// Intersection over union.
float iou(const Box& a, const Box& b);

/// Greedy non-maximum suppression.
///
/// @param boxes Best first.
/// @return Indices of at most `most` boxes, none of which overlaps a better one
///     by more than `iou_thr`.
std::vector<std::size_t> suppress(const std::vector<Box>& boxes, float iou_thr,
                                  std::size_t most);

}  // namespace sasd
