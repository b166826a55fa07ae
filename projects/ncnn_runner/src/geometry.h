#pragma once

#include <vector>

namespace sasd {

/// Width and height in pixels.
struct Size {
  int width = 0;
  int height = 0;
};

inline bool operator==(const Size& a, const Size& b) {
  return a.width == b.width && a.height == b.height;
}

/// Corners in pixels.
struct Box {
  float x1 = 0;
  float y1 = 0;
  float x2 = 0;
  float y2 = 0;
};

/// A point in pixels and how sure the net is of it, in [0, 1].
struct Keypoint {
  float x = 0;
  float y = 0;
  float score = 0;
};

/// One person that was found; score in [0, 1].
struct Person {
  Box box;
  float score = 0;
  std::vector<Keypoint> keypoints;
};

}  // namespace sasd
