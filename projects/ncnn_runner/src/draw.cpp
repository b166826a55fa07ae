#include "draw.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace sasd {
namespace {

constexpr Color kOutline{27, 27, 31};
constexpr Color kRim{255, 255, 255};
// A person whose box has this side, in pixels, gets lines one pixel thick.
constexpr float kSidePerThickness = 55;

/// Side of the square as large as a person's box.
float side(const Person& person) {
  const float width = std::max(0.0F, person.box.x2 - person.box.x1);
  const float height = std::max(0.0F, person.box.y2 - person.box.y1);
  return std::sqrt(width * height);
}

/// Distance of a point to the line between two others, which may be far away.
float distance(double x, double y, const Keypoint& a, const Keypoint& b) {
  const double dx = static_cast<double>(b.x) - a.x;
  const double dy = static_cast<double>(b.y) - a.y;
  const double squared = dx * dx + dy * dy;
  const double along = squared > 0 ? ((x - a.x) * dx + (y - a.y) * dy) / squared : 0;
  const double t = std::clamp(along, 0.0, 1.0);
  return static_cast<float>(std::hypot(x - a.x - t * dx, y - a.y - t * dy));
}

/// Draw a line with round ends and soft edges; a disc where a and b coincide.
void draw_line(Image& image, const Keypoint& a, const Keypoint& b, float radius,
               const Color& color) {
  // The pixels that the line can touch, within the image.
  const auto pixel = [](float at, int size) {
    return static_cast<int>(std::clamp(at, 0.0F, static_cast<float>(size)));
  };
  const float reach = radius + 1;
  const int x_first = pixel(std::min(a.x, b.x) - reach, image.size.width);
  const int x_end = pixel(std::max(a.x, b.x) + reach + 1, image.size.width);
  const int y_end = pixel(std::max(a.y, b.y) + reach + 1, image.size.height);
  for (int y = pixel(std::min(a.y, b.y) - reach, image.size.height); y < y_end; ++y) {
    std::uint8_t* rgb = image.row(y) + 3 * x_first;
    for (int x = x_first; x < x_end; ++x, rgb += 3) {
      const float away = distance(x, y, a, b);
      const float cover = std::clamp(radius + 0.5F - away, 0.0F, 1.0F);
      if (cover == 0) continue;
      for (std::size_t i = 0; i < 3; ++i) {
        const auto below = static_cast<float>(rgb[i]);
        const float mixed = below + cover * (static_cast<float>(color[i]) - below);
        rgb[i] = static_cast<std::uint8_t>(std::lround(mixed));
      }
    }
  }
}

void draw_person(Image& image, const Person& person, const ModelDescription& model,
                 float keypoint_thr) {
  const float thickness = std::max(1.0F, std::round(side(person) / kSidePerThickness));
  const float radius = thickness / 2;
  const float rim = std::max(1.0F, std::floor(thickness / 2) / 2);
  const auto& points = person.keypoints;
  const auto shown = [&](const Keypoint& point) {
    return point.score >= keypoint_thr && std::isfinite(point.x) &&
           std::isfinite(point.y);
  };
  const auto draw_bones = [&](float width, bool outline) {
    for (const Bone& bone : model.skeleton) {
      const Keypoint& from = points[static_cast<std::size_t>(bone.from)];
      const Keypoint& to = points[static_cast<std::size_t>(bone.to)];
      if (!shown(from) || !shown(to)) continue;
      draw_line(image, from, to, width, outline ? kOutline : bone.color);
    }
  };
  draw_bones(radius + rim, true);
  draw_bones(radius, false);
  const float joint = 0.9F * thickness + 0.6F;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!shown(points[i])) continue;
    draw_line(image, points[i], points[i], joint + 0.8F, kRim);
    draw_line(image, points[i], points[i], joint, model.keypoints[i].color);
  }
}

}  // namespace

void draw_persons(Image& image, const std::vector<Person>& persons,
                  const ModelDescription& model, float keypoint_thr) {
  std::vector<Person> by_size = persons;
  std::stable_sort(by_size.begin(), by_size.end(),
                   [](const Person& a, const Person& b) { return side(a) < side(b); });
  for (const Person& person : by_size) {
    draw_person(image, person, model, keypoint_thr);
  }
}

}  // namespace sasd
