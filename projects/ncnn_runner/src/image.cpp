#include "image.h"

#include <mat.h>
#include <simpleocv.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "exif.h"
#include "input_error.h"
#include "jpeg.h"

namespace sasd {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint8_t> read_file(const fs::path& file) {
  if (!fs::exists(file)) throw InputError(file.string() + ": no such image");
  if (!fs::is_regular_file(file)) throw InputError(file.string() + ": is no file");
  std::ifstream stream(file, std::ios::binary);
  std::vector<std::uint8_t> content{std::istreambuf_iterator<char>(stream), {}};
  if (content.empty()) {
    throw InputError(file.string() + ": cannot be read, or is empty");
  }
  return content;
}

void swap_red_and_blue(std::uint8_t* pixels, std::size_t bytes) {
  for (std::size_t i = 0; i + 2 < bytes; i += 3) std::swap(pixels[i], pixels[i + 2]);
}

/// Turn an image the way up that an EXIF orientation asks for.
Image turned(Image image, int orientation) {
  if (orientation == 1) return image;
  const Size from = image.size;
  const bool on_its_side = orientation >= 5;
  Image upright(on_its_side ? Size{from.height, from.width} : from);
  ncnn::kanna_rotate_c3(image.rgb.data(), from.width, from.height, upright.rgb.data(),
                        upright.size.width, upright.size.height, orientation);
  return upright;
}

/// Decode with what ncnn brings along.
Image decode(const std::vector<std::uint8_t>& content, const fs::path& file) {
  const cv::Mat decoded = cv::imdecode(content, cv::IMREAD_COLOR);
  if (decoded.empty()) {
    throw InputError(file.string() +
                     ": not a whole JPEG, PNG, BMP or PNM image that can be "
                     "decoded");
  }
  Image image(Size{decoded.cols, decoded.rows});
  std::copy_n(decoded.data, image.rgb.size(), image.rgb.begin());
  swap_red_and_blue(image.rgb.data(), image.rgb.size());
  return image;
}

}  // namespace

Image read_image(const fs::path& file) {
  const std::vector<std::uint8_t> content = read_file(file);
  std::optional<Image> jpeg = decode_jpeg(content);
  return turned(jpeg ? *std::move(jpeg) : decode(content, file),
                exif_orientation(content));
}

fs::path drawn_name(const fs::path& file) {
  constexpr std::array kWritable{".jpg", ".jpeg", ".png", ".bmp",
                                 ".JPG", ".JPEG", ".PNG", ".BMP"};
  const std::string suffix = file.extension().string();
  fs::path name = file.filename();
  const bool writable = std::any_of(kWritable.begin(), kWritable.end(),
                                    [&](const char* kind) { return suffix == kind; });
  return writable ? name : name += ".png";
}

void write_image(const fs::path& file, const Image& image) {
  cv::Mat bgr(image.size.height, image.size.width, CV_8UC3);
  std::copy(image.rgb.begin(), image.rgb.end(), bgr.data);
  swap_red_and_blue(bgr.data, image.rgb.size());
  if (!cv::imwrite(file.string(), bgr)) {
    throw InputError(file.string() +
                     ": cannot be written; name another folder with --out");
  }
}

}  // namespace sasd
