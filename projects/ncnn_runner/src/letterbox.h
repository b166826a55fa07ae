#pragma once

#include <mat.h>

#include "geometry.h"
#include "model_description.h"
#include "image.h"

namespace sasd {

/// Fits an image into the net's input: the long side is resized to fit, the
/// rest padded around the centre.
///
/// The geometry is that of MMPose's BottomupResize in its mode 'fit', and the
/// pixels are those of cv2.warpAffine (bilinear, positions rounded to 1/32
/// pixel), bit by bit: the net was trained on these.
class Letterbox {
 public:
  Letterbox(Size image, Size input);

  /// Where a point of the net's input lies in the image.
  float image_x(float x) const;
  float image_y(float y) const;

  /// The same for all coordinates of a person.
  Person to_image(Person person) const;

  /// Make the net's input.
  ///
  /// @return Three planes of floats, of the input's width and height.
  ncnn::Mat apply(const Image& image, const InputDescription& input) const;

 private:
  Size image_;
  Size input_;
  double step_;  ///< Pixels of the image per pixel of the input.
  double left_;  ///< Where the input's corner lies in the image.
  double top_;
};

}  // namespace sasd
