#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "check.h"
#include "draw.h"

namespace {

using namespace sasd;

ModelDescription two_joints() {
  ModelDescription model{};
  model.keypoints = {{"a", {255, 0, 0}}, {"b", {0, 0, 255}}};
  model.skeleton = {{0, 1, {0, 255, 0}}};
  return model;
}

Person person_with(const Keypoint& a, const Keypoint& b) {
  return {{0, 0, 220, 220}, 0.9F, {a, b}};
}

Image drawn(const Person& person) {
  Image image(Size{100, 60});
  draw_persons(image, {person}, two_joints(), 0.3F);
  return image;
}

Color color_at(const Image& image, int x, int y) {
  const std::uint8_t* pixel = image.row(y) + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}

bool is_black(const Image& image) {
  return std::all_of(image.rgb.begin(), image.rgb.end(),
                     [](std::uint8_t value) { return value == 0; });
}

void joints_and_bones_have_their_colors() {
  const Image image = drawn(person_with({20, 30, 0.9F}, {80, 30, 0.9F}));
  CHECK((color_at(image, 20, 30) == Color{255, 0, 0}));
  CHECK((color_at(image, 80, 30) == Color{0, 0, 255}));
  CHECK((color_at(image, 50, 30) == Color{0, 255, 0}));
  CHECK((color_at(image, 50, 50) == Color{0, 0, 0}));
}

void uncertain_joints_and_their_bones_are_hidden() {
  const Image image = drawn(person_with({20, 30, 0.2F}, {80, 30, 0.9F}));
  CHECK((color_at(image, 20, 30) == Color{0, 0, 0}));
  CHECK((color_at(image, 50, 30) == Color{0, 0, 0}));
  CHECK((color_at(image, 80, 30) == Color{0, 0, 255}));
}

void lines_are_cut_at_the_border() {
  const Image image = drawn(person_with({-1e9F, 30, 0.9F}, {1e9F, 30, 0.9F}));
  CHECK((color_at(image, 50, 30) == Color{0, 255, 0}));
  CHECK(is_black(drawn(person_with({-1e9F, -1e9F, 0.9F}, {-1e9F, -1e9F, 0.9F}))));
}

void what_is_not_finite_is_not_drawn() {
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(is_black(drawn(person_with({infinity, 30, 0.9F}, {nan, 30, 0.9F}))));
}

void the_largest_person_is_drawn_last() {
  Person large = person_with({20, 30, 0.9F}, {80, 30, 0.9F});
  large.box = {0, 0, 440, 440};
  Person small = person_with({50, 10, 0.9F}, {50, 50, 0.9F});
  small.box = {0, 0, 10, 10};
  Image image(Size{100, 60});
  ModelDescription model = two_joints();
  draw_persons(image, {large, small}, model, 0.3F);
  // Where they cross, the rim of the large one covers the small one.
  CHECK((color_at(image, 50, 35) == Color{27, 27, 31}));
}

}  // namespace

int main() {
  joints_and_bones_have_their_colors();
  uncertain_joints_and_their_bones_are_hidden();
  lines_are_cut_at_the_border();
  what_is_not_finite_is_not_drawn();
  the_largest_person_is_drawn_last();
  return check::failures();
}
