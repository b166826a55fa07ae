#pragma once

#include <vector>

#include "geometry.h"
#include "model_description.h"
#include "image.h"

namespace sasd {

/// Draw the skeletons of persons into an image, in the model's colours.
///
/// The persons that look largest are drawn last, since they are mostly in
/// front; a dark rim keeps crossing limbs apart.
///
/// @param keypoint_thr Keypoints below this score are hidden, and so are
///     their bones.
void draw_persons(Image& image, const std::vector<Person>& persons,
                  const ModelDescription& model, float keypoint_thr);

}  // namespace sasd
