#include <cmath>
#include <limits>
#include <vector>

#include "check.h"
#include "decode.h"

namespace {

using namespace sasd;

constexpr float kNowhere = -20;  // a logit without hope

/// Two levels, two anchors and one keypoint: 16 channels.
ModelDescription small_model() {
  ModelDescription model{};
  model.outputs = {{"out0", 8, {{10, 20}, {30, 40}}},
                   {"out1", 16, {{50, 60}, {70, 80}}}};
  model.keypoints = {{"nose", {}}};
  model.thresholds = {0.3F, 0.3F, 0.65F, 1000, 100};
  return model;
}

std::vector<ncnn::Mat> empty_maps() {
  std::vector<ncnn::Mat> maps{ncnn::Mat(4, 3, 16), ncnn::Mat(2, 2, 16)};
  for (ncnn::Mat& map : maps) map.fill(0.0F);
  for (ncnn::Mat& map : maps) {
    for (const int anchor : {0, 1}) map.channel(8 * anchor + 4).fill(kNowhere);
  }
  return maps;
}

void put(ncnn::Mat& map, int anchor, int x, int y, const std::vector<float>& raw) {
  for (std::size_t field = 0; field < raw.size(); ++field) {
    map.channel(8 * anchor + static_cast<int>(field)).row(y)[x] = raw[field];
  }
}

void nothing_is_found_where_nothing_is() {
  CHECK(decode(empty_maps(), small_model(), 0.3F).empty());
}

void one_person_is_decoded() {
  auto maps = empty_maps();
  // sigmoid(0) = 1/2, sigmoid(ln 3) = 3/4
  put(maps[0], 1, 2, 1, {0, std::log(3.0F), 0, std::log(3.0F), 2, 1.5F, -1, 0});
  const auto persons = decode(maps, small_model(), 0.3F);
  CHECK(persons.size() == 1);
  if (persons.size() != 1) return;
  const Person& person = persons[0];
  // Centre (0.5 + 2, 1 + 1) cells of 8 pixels; sides 30 and 2.25 * 40.
  CHECK_NEAR(person.box.x1, 20 - 15.0F, 1e-4F);
  CHECK_NEAR(person.box.x2, 20 + 15.0F, 1e-4F);
  CHECK_NEAR(person.box.y1, 16 - 45.0F, 1e-4F);
  CHECK_NEAR(person.box.y2, 16 + 45.0F, 1e-4F);
  CHECK_NEAR(person.score, 1 / (1 + std::exp(-2.0F)), 1e-6F);
  // (2 * 1.5 - 0.5 + 2, 2 * -1 - 0.5 + 1) cells
  CHECK_NEAR(person.keypoints[0].x, 36.0F, 1e-4F);
  CHECK_NEAR(person.keypoints[0].y, -12.0F, 1e-4F);
  CHECK_NEAR(person.keypoints[0].score, 0.5F, 1e-6F);
}

void persons_of_all_levels_come_best_first() {
  auto maps = empty_maps();
  put(maps[0], 0, 0, 0, {0, 0, 0, 0, 1});
  put(maps[1], 0, 1, 1, {0, 0, 0, 0, 3});
  put(maps[0], 1, 3, 2, {0, 0, 0, 0, 2});
  const auto persons = decode(maps, small_model(), 0.3F);
  CHECK(persons.size() == 3);
  if (persons.size() != 3) return;
  CHECK(persons[0].score > persons[1].score && persons[1].score > persons[2].score);
  CHECK_NEAR(persons[0].box.x2 - persons[0].box.x1, 50.0F, 1e-4F);
}

void a_score_at_the_threshold_is_left_out() {
  auto maps = empty_maps();
  put(maps[0], 0, 0, 0, {0, 0, 0, 0, 0});
  CHECK(decode(maps, small_model(), 0.5F).empty());
  CHECK(decode(maps, small_model(), 0.49F).size() == 1);
}

void thresholds_0_and_1_keep_all_and_none() {
  ModelDescription model = small_model();
  model.thresholds.nms_iou = 1;
  CHECK(decode(empty_maps(), model, 1).empty());
  CHECK(decode(empty_maps(), model, 0).size() == 2 * 12 + 2 * 4);
}

void what_is_not_a_number_is_no_person() {
  auto maps = empty_maps();
  put(maps[0], 0, 0, 0, {0, 0, 0, 0, std::numeric_limits<float>::quiet_NaN()});
  CHECK(decode(maps, small_model(), 0.3F).empty());
}

void only_the_best_enter_and_leave_the_suppression() {
  auto maps = empty_maps();
  for (int x = 0; x < 4; ++x) {
    put(maps[0], 0, x, 0, {0, 0, 0, 0, static_cast<float>(x)});
  }
  ModelDescription model = small_model();
  model.thresholds.nms_pre = 3;
  auto persons = decode(maps, model, 0.3F);
  CHECK(persons.size() == 3);
  CHECK_NEAR(persons[0].score, 1 / (1 + std::exp(-3.0F)), 1e-6F);
  model.thresholds.max_people = 2;
  CHECK(decode(maps, model, 0.3F).size() == 2);
}

void overlap() {
  CHECK_NEAR(iou({0, 0, 2, 2}, {0, 0, 2, 2}), 1.0F, 1e-6F);
  CHECK_NEAR(iou({0, 0, 2, 2}, {1, 0, 3, 2}), 1 / 3.0F, 1e-6F);
  CHECK_NEAR(iou({0, 0, 2, 2}, {5, 5, 6, 6}), 0.0F, 0.0F);
}

void a_box_hides_worse_ones_but_what_is_hidden_hides_nothing() {
  // Each overlaps the next by 2/3, the first and the third by 3/7.
  const std::vector<Box> boxes{{0, 0, 10, 10}, {2, 0, 12, 10}, {4, 0, 14, 10}};
  CHECK((suppress(boxes, 0.5F, 10) == std::vector<std::size_t>{0, 2}));
  CHECK((suppress(boxes, 0.7F, 10) == std::vector<std::size_t>{0, 1, 2}));
  CHECK((suppress(boxes, 0.7F, 1) == std::vector<std::size_t>{0}));
  CHECK(suppress({}, 0.5F, 10).empty());
}

void boxes_without_area_hide_nothing() {
  const std::vector<Box> boxes{{1, 1, 1, 1}, {1, 1, 1, 1}};
  CHECK(suppress(boxes, 0.5F, 10).size() == 2);
}

}  // namespace

int main() {
  nothing_is_found_where_nothing_is();
  one_person_is_decoded();
  persons_of_all_levels_come_best_first();
  a_score_at_the_threshold_is_left_out();
  thresholds_0_and_1_keep_all_and_none();
  what_is_not_a_number_is_no_person();
  only_the_best_enter_and_leave_the_suppression();
  overlap();
  a_box_hides_worse_ones_but_what_is_hidden_hides_nothing();
  boxes_without_area_hide_nothing();
  return check::failures();
}
