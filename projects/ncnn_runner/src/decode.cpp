#include "decode.h"

#include <algorithm>
#include <cmath>

namespace sasd {
namespace {

float sigmoid(float logit) { return 1.0F / (1.0F + std::exp(-logit)); }

/// An anchor in a cell that may be a person.
struct Candidate {
  float logit;  ///< Objectness.
  std::size_t level;
  int anchor;
  int x;
  int y;
};

/// The raw values of one candidate, field by field.
class Raw {
 public:
  Raw(const ncnn::Mat& map, const Candidate& at, int fields)
      : map_(map), first_(at.anchor * fields), x_(at.x), y_(at.y) {}

  float operator[](int field) const { return map_.channel(first_ + field).row(y_)[x_]; }

 private:
  const ncnn::Mat& map_;
  int first_;
  int x_;
  int y_;
};

/// Everything above the threshold: by level, anchor, row and column.
std::vector<Candidate> find_candidates(const std::vector<ncnn::Mat>& maps,
                                       const ModelDescription& model, float score_thr) {
  // Compared as logits, which saves most of the exponentials.
  const float least = std::log(score_thr / (1.0F - score_thr));
  std::vector<Candidate> found;
  for (std::size_t level = 0; level < maps.size(); ++level) {
    const auto anchors = static_cast<int>(model.outputs[level].anchors.size());
    for (int anchor = 0; anchor < anchors; ++anchor) {
      const ncnn::Mat plane = maps[level].channel(anchor * model.fields() + 4);
      for (int y = 0; y < plane.h; ++y) {
        const float* row = plane.row(y);
        for (int x = 0; x < plane.w; ++x) {
          if (row[x] > least) found.push_back({row[x], level, anchor, x, y});
        }
      }
    }
  }
  return found;
}

/// Sort, best first, and keep at most `most`.
void keep_best(std::vector<Candidate>& candidates, std::size_t most) {
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [](const Candidate& a, const Candidate& b) { return a.logit > b.logit; });
  if (candidates.size() > most) candidates.resize(most);
}

Box decode_box(const Raw& raw, const Candidate& at, const OutputDescription& output) {
  const Anchor& anchor = output.anchors[static_cast<std::size_t>(at.anchor)];
  const auto stride = static_cast<float>(output.stride);
  const float x = (2 * sigmoid(raw[0]) - 0.5F + static_cast<float>(at.x)) * stride;
  const float y = (2 * sigmoid(raw[1]) - 0.5F + static_cast<float>(at.y)) * stride;
  const float half_w = 2 * sigmoid(raw[2]) * sigmoid(raw[2]) * anchor.width;
  const float half_h = 2 * sigmoid(raw[3]) * sigmoid(raw[3]) * anchor.height;
  return {x - half_w, y - half_h, x + half_w, y + half_h};
}

std::vector<Keypoint> decode_keypoints(const Raw& raw, const Candidate& at, int stride,
                                       std::size_t count) {
  std::vector<Keypoint> keypoints(count);
  int field = 5;
  for (Keypoint& point : keypoints) {
    point.x =
        (2 * raw[field] - 0.5F + static_cast<float>(at.x)) * static_cast<float>(stride);
    point.y = (2 * raw[field + 1] - 0.5F + static_cast<float>(at.y)) *
              static_cast<float>(stride);
    point.score = sigmoid(raw[field + 2]);
    field += 3;
  }
  return keypoints;
}

}  // namespace

std::vector<Person> decode(const std::vector<ncnn::Mat>& maps,
                           const ModelDescription& model, float score_thr) {
  auto candidates = find_candidates(maps, model, score_thr);
  keep_best(candidates, static_cast<std::size_t>(model.thresholds.nms_pre));
  const auto raw_of = [&](const Candidate& at) {
    return Raw(maps[at.level], at, model.fields());
  };
  std::vector<Box> boxes;
  boxes.reserve(candidates.size());
  for (const Candidate& at : candidates) {
    boxes.push_back(decode_box(raw_of(at), at, model.outputs[at.level]));
  }
  std::vector<Person> persons;
  for (const std::size_t i :
       suppress(boxes, model.thresholds.nms_iou,
                static_cast<std::size_t>(model.thresholds.max_people))) {
    const Candidate& at = candidates[i];
    persons.push_back({boxes[i], sigmoid(at.logit),
                       decode_keypoints(raw_of(at), at, model.outputs[at.level].stride,
                                        model.keypoints.size())});
  }
  return persons;
}

float iou(const Box& a, const Box& b) {
  const auto area = [](const Box& box) {
    return (box.x2 - box.x1) * (box.y2 - box.y1);
  };
  const float width = std::max(0.0F, std::min(a.x2, b.x2) - std::max(a.x1, b.x1));
  const float height = std::max(0.0F, std::min(a.y2, b.y2) - std::max(a.y1, b.y1));
  const float shared = width * height;
  return shared / (area(a) + area(b) - shared);
}

std::vector<std::size_t> suppress(const std::vector<Box>& boxes, float iou_thr,
                                  std::size_t most) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < boxes.size() && kept.size() < most; ++i) {
    const bool hidden = std::any_of(kept.begin(), kept.end(), [&](std::size_t better) {
      return iou(boxes[better], boxes[i]) > iou_thr;
    });
    if (!hidden) kept.push_back(i);
  }
  return kept;
}

}  // namespace sasd
