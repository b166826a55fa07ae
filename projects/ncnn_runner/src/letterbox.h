#pragma once

#include <mat.h>

#include "geometry.h"
#include "model_description.h"
#include "picture.h"

namespace sasd {

/// Fits a picture into the net's input: the long side is resized to fit, the
/// rest padded around the centre.
///
/// The geometry is that of MMPose's BottomupResize in its mode 'fit', and the
/// pixels are those of cv2.warpAffine (bilinear, positions rounded to 1/32
/// pixel), bit by bit: the net was trained on these.
class Letterbox {
 public:
  Letterbox(Size picture, Size input);

  /// Where a point of the net's input lies in the picture.
  float picture_x(float x) const;
  float picture_y(float y) const;

  /// The same for all coordinates of a person.
  Person to_picture(Person person) const;

  /// Make the net's input.
  ///
  /// @return Three planes of floats, of the input's width and height.
  ncnn::Mat apply(const Picture& picture, const InputDescription& input) const;

 private:
  Size picture_;
  Size input_;
  double step_;  ///< Pixels of the picture per pixel of the input.
  double left_;  ///< Where the input's corner lies in the picture.
  double top_;
};

}  // namespace sasd
