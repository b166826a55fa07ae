#include <algorithm>
#include <array>
#include <vector>

#include "check.h"
#include "letterbox.h"

namespace {

using namespace sasd;

InputDescription plain_input() {
  InputDescription input{};
  input.rgb = true;
  input.mean = {0, 0, 0};
  input.std = {1, 1, 1};
  input.pad_value = 114;
  return input;
}

std::vector<int> row_of(const ncnn::Mat& planes, int plane, int y) {
  const float* row = planes.channel(plane).row(y);
  return {row, row + planes.w};
}

void landscape_is_padded_above_and_below() {
  const Letterbox letterbox({640, 480}, {512, 512});
  CHECK_NEAR(letterbox.image_x(0), 0.0F, 1e-4F);
  CHECK_NEAR(letterbox.image_x(512), 640.0F, 1e-4F);
  CHECK_NEAR(letterbox.image_y(64), 0.0F, 1e-4F);
  CHECK_NEAR(letterbox.image_y(448), 480.0F, 1e-4F);
}

void portrait_is_padded_at_the_sides() {
  const Letterbox letterbox({1, 700}, {320, 192});
  CHECK_NEAR(letterbox.image_y(192), 700.0F, 1e-3F);
  CHECK_NEAR(letterbox.image_x(160), 0.5F, 1e-4F);
}

void the_centre_of_a_very_wide_image_is_the_centre_of_the_input() {
  const Letterbox letterbox({10000, 1}, {512, 512});
  CHECK_NEAR(letterbox.image_x(256), 5000.0F, 1e-2F);
  CHECK_NEAR(letterbox.image_y(256), 0.5F, 1e-4F);
}

void all_of_a_person_moves() {
  Person person;
  person.box = {0, 64, 512, 448};
  person.keypoints = {{256, 256, 0.5F}};
  person = Letterbox({640, 480}, {512, 512}).to_image(person);
  CHECK_NEAR(person.box.x1, 0.0F, 1e-3F);
  CHECK_NEAR(person.box.y1, 0.0F, 1e-3F);
  CHECK_NEAR(person.box.x2, 640.0F, 1e-3F);
  CHECK_NEAR(person.box.y2, 480.0F, 1e-3F);
  CHECK_NEAR(person.keypoints[0].x, 320.0F, 1e-3F);
  CHECK_NEAR(person.keypoints[0].y, 240.0F, 1e-3F);
  CHECK_NEAR(person.keypoints[0].score, 0.5F, 0.0F);
}

void a_image_of_the_inputs_size_stays_as_it_is() {
  Image image(Size{8, 4});
  for (std::size_t i = 0; i < image.rgb.size(); ++i) {
    image.rgb[i] = static_cast<std::uint8_t>(2 * i);
  }
  const ncnn::Mat planes =
      Letterbox(image.size, image.size).apply(image, plain_input());
  bool same = true;
  for (int plane = 0; plane < 3; ++plane) {
    for (int y = 0; y < 4; ++y) {
      for (int x = 0; x < 8; ++x) {
        same &= planes.channel(plane).row(y)[x] == image.row(y)[3 * x + plane];
      }
    }
  }
  CHECK(same);
}

// 2 x 1 pixels, 0 and 100, in an input of 4 x 4: columns lie at 0, 0.5, 1 and
// 1.5 of the image, rows at -0.5, 0, 0.5 and 1; beyond it all is 114.
void enlarging_mixes_neighbours_and_padding() {
  Image image(Size{2, 1});
  image.rgb = {0, 0, 0, 100, 100, 100};
  const ncnn::Mat planes =
      Letterbox(image.size, {4, 4}).apply(image, plain_input());
  CHECK((row_of(planes, 0, 0) == std::vector<int>{57, 82, 107, 111}));
  CHECK((row_of(planes, 0, 1) == std::vector<int>{0, 50, 100, 107}));
  CHECK((row_of(planes, 1, 2) == std::vector<int>{57, 82, 107, 111}));
  CHECK((row_of(planes, 2, 3) == std::vector<int>{114, 114, 114, 114}));
}

void planes_are_ordered_and_normalised() {
  Image image(Size{1, 1});
  image.rgb = {10, 20, 30};
  InputDescription input = plain_input();
  input.rgb = false;
  input.mean = {10, 0, 4};
  input.std = {2, 4, 3};
  const ncnn::Mat planes = Letterbox({1, 1}, {1, 1}).apply(image, input);
  CHECK_NEAR(planes.channel(0)[0], 10.0F, 1e-6F);  // (blue - 10) / 2
  CHECK_NEAR(planes.channel(1)[0], 5.0F, 1e-6F);
  CHECK_NEAR(planes.channel(2)[0], 2.0F, 1e-6F);
}

}  // namespace

int main() {
  landscape_is_padded_above_and_below();
  portrait_is_padded_at_the_sides();
  the_centre_of_a_very_wide_image_is_the_centre_of_the_input();
  all_of_a_person_moves();
  a_image_of_the_inputs_size_stays_as_it_is();
  enlarging_mixes_neighbours_and_padding();
  planes_are_ordered_and_normalised();
  return check::failures();
}
