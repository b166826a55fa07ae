#pragma once

#include <vector>

#include "geometry.h"
#include "model_description.h"
#include "picture.h"

namespace sasd {

/// Draw the skeletons of persons into a picture, in the model's colours.
///
/// The persons that look largest are drawn last, since they are mostly in
/// front; a dark rim keeps crossing limbs apart.
///
/// @param keypoint_thr Keypoints below this score are hidden, and so are
///     their bones.
void draw_persons(Picture& picture, const std::vector<Person>& persons,
                  const ModelDescription& model, float keypoint_thr);

}  // namespace sasd
