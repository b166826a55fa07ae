#pragma once

#include <mat.h>
#include <net.h>

#include <vector>

#include "geometry.h"
#include "letterbox.h"
#include "model_description.h"
#include "image.h"

namespace sasd {

/// A loaded model: images in, persons out.
class Estimator {
 public:
  /// Load the net and try it once.
  ///
  /// @param size The net's input; must be what the model can take.
  /// @param fp16_arithmetic Whether to compute in 16 bits where the processor
  ///     can. It is fast, and moves keypoints by pixels.
  /// @throws InputError The net cannot be loaded, does not fit its
  ///     description, or cannot take the size or 16 bits.
  Estimator(ModelDescription model, Size size, int threads, bool fp16_arithmetic);

  const ModelDescription& model() const { return model_; }
  const ncnn::Option& options() const { return net_.opt; }
  Size size() const { return size_; }

  /// Find the persons of an image that score more than `score_thr`, best
  /// first, in pixels of the image. These are the three steps below.
  std::vector<Person> operator()(const Image& image, float score_thr) const;

  /// The net's input.
  ncnn::Mat preprocess(const Image& image) const;

  /// The raw maps of all levels.
  std::vector<ncnn::Mat> infer(const ncnn::Mat& input) const;

  /// The persons in the raw maps, in pixels of an image of this size.
  std::vector<Person> find_persons(const std::vector<ncnn::Mat>& maps, Size image,
                                   float score_thr) const;

 private:
  void load();
  void check_blobs() const;
  void check_maps() const;

  ModelDescription model_;
  Size size_;
  ncnn::Net net_;
};

}  // namespace sasd
