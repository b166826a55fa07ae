#include "letterbox.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace sasd {
namespace {

// Positions are computed in 1/1024 pixel and rounded to 1/32.
constexpr int kPositionBits = 10;
constexpr int kWeightBits = 5;
constexpr int kWeights = 1 << kWeightBits;

/// Two neighbours in a padded line, and the weight of the second in 1/32.
struct Tap {
  int first;
  int second;
  int weight;
};

/// Where the pixels of one side of the input come from.
///
/// @param count Pixels of the input.
/// @param length Pixels of the image; in a padded line the first has index 1.
std::vector<Tap> make_taps(int count, int length, double step, double start) {
  constexpr double kScale = 1 << kPositionBits;
  constexpr int kShift = kPositionBits - kWeightBits;
  std::vector<Tap> taps;
  taps.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const std::int64_t position = (std::llrint(step * i * kScale) +
                                   std::llrint(start * kScale) + (1 << (kShift - 1))) >>
                                  kShift;
    const std::int64_t pixel = position >> kWeightBits;
    const auto index = [length](std::int64_t at) {
      return static_cast<int>(std::clamp<std::int64_t>(at + 1, 0, length + 1));
    };
    taps.push_back(
        {index(pixel), index(pixel + 1), static_cast<int>(position & (kWeights - 1))});
  }
  return taps;
}

/// A row of the image with a pixel of padding at each end; all of it padding
/// above and below the image.
class PaddedRow {
 public:
  PaddedRow(int width, std::uint8_t pad)
      : pixels_(3 * (static_cast<std::size_t>(width) + 2), pad), pad_(pad) {}

  /// @param row Counted from 1; 0 is the padding above.
  void load(const Image& image, int row) {
    if (row == row_) return;
    row_ = row;
    const std::size_t bytes = pixels_.size() - 6;
    if (row < 1 || row > image.size.height) {
      std::fill_n(pixels_.begin() + 3, bytes, pad_);
    } else {
      std::copy_n(image.row(row - 1), bytes, pixels_.begin() + 3);
    }
  }

  int row() const { return row_; }

  const std::uint8_t* pixel(int index) const {
    return pixels_.data() + 3 * static_cast<std::size_t>(index);
  }

 private:
  std::vector<std::uint8_t> pixels_;
  std::uint8_t pad_;
  int row_ = -1;
};

/// (value - mean) / std of each grey value, for each plane of the input.
using Normalization = std::array<std::array<float, 256>, 3>;

Normalization make_normalization(const InputDescription& input) {
  Normalization table{};
  for (std::size_t plane = 0; plane < 3; ++plane) {
    for (std::size_t value = 0; value < 256; ++value) {
      table[plane][value] =
          (static_cast<float>(value) - input.mean[plane]) / input.std[plane];
    }
  }
  return table;
}

}  // namespace

Letterbox::Letterbox(Size image, Size input) : image_(image), input_(input) {
  const double ratio = static_cast<double>(image.width) / image.height;
  const double resized_width =
      std::min<double>(input.width, static_cast<double>(input.height) * ratio);
  step_ = image.width / resized_width;
  left_ = (image.width - step_ * input.width) / 2;
  top_ = (image.height - step_ * input.height) / 2;
}

float Letterbox::image_x(float x) const {
  return static_cast<float>(x * step_ + left_);
}

float Letterbox::image_y(float y) const {
  return static_cast<float>(y * step_ + top_);
}

Person Letterbox::to_image(Person person) const {
  Box& box = person.box;
  box = {image_x(box.x1), image_y(box.y1), image_x(box.x2), image_y(box.y2)};
  for (Keypoint& point : person.keypoints) {
    point.x = image_x(point.x);
    point.y = image_y(point.y);
  }
  return person;
}

ncnn::Mat Letterbox::apply(const Image& image,
                           const InputDescription& input) const {
  const auto columns = make_taps(input_.width, image_.width, step_, left_);
  const auto rows = make_taps(input_.height, image_.height, step_, top_);
  const Normalization normalized = make_normalization(input);
  ncnn::Mat planes(input_.width, input_.height, 3);
  PaddedRow upper(image_.width, input.pad_value);
  PaddedRow lower(image_.width, input.pad_value);
  for (int y = 0; y < input_.height; ++y) {
    const Tap& row = rows[static_cast<std::size_t>(y)];
    if (lower.row() == row.first) std::swap(upper, lower);
    upper.load(image, row.first);
    lower.load(image, row.second);
    for (int plane = 0; plane < 3; ++plane) {
      const int channel = input.rgb ? plane : 2 - plane;
      const auto& table = normalized[static_cast<std::size_t>(plane)];
      float* out = planes.channel(plane).row(y);
      for (const Tap& column : columns) {
        const auto mix = [&](const PaddedRow& line) {
          return line.pixel(column.first)[channel] * (kWeights - column.weight) +
                 line.pixel(column.second)[channel] * column.weight;
        };
        const int sum = mix(upper) * (kWeights - row.weight) + mix(lower) * row.weight;
        *out++ = table[static_cast<std::size_t>((sum + kWeights * kWeights / 2) >>
                                                (2 * kWeightBits))];
      }
    }
  }
  return planes;
}

}  // namespace sasd
