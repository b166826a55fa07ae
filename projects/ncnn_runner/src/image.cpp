#include "image.h"

#include <mat.h>
#include <simpleocv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "exif.h"
#include "input_error.h"
#include "jpeg.h"

namespace sasd {
namespace {

namespace fs = std::filesystem;

/// Say why there is no image file at a path; nothing where there is a file.
///
/// To read from a pipe or a device might never end.
std::string why_no_file(const fs::path& file) {
  std::error_code error;
  switch (fs::status(file, error).type()) {
    case fs::file_type::regular:
      return "";
    case fs::file_type::directory:
      return "a folder; name its images";
    case fs::file_type::fifo:
      return "a pipe, not a file";
    case fs::file_type::socket:
      return "a socket, not a file";
    case fs::file_type::character:
    case fs::file_type::block:
      return "a device, not a file";
    case fs::file_type::not_found: {
      std::error_code no_link;
      const fs::path target = fs::read_symlink(file, no_link);
      return no_link ? "no such image"
                     : "a link to " + target.string() + ", which is not there";
    }
    default:  // a closed folder, a link to itself, a name that is too long
      return "cannot be read (" + error.message() + ")";
  }
}

std::vector<std::uint8_t> read_file(const fs::path& file) {
  std::string problem = why_no_file(file);
  std::vector<std::uint8_t> content;
  if (problem.empty()) {
    std::ifstream stream(file, std::ios::binary);
    if (stream) {
      content.assign(std::istreambuf_iterator<char>(stream), {});
      if (content.empty()) problem = "the file is empty";
    } else {
      problem = "cannot be read (" + std::generic_category().message(errno) + ")";
    }
  }
  if (!problem.empty()) throw InputError(file.string() + ": " + problem);
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

/// Whether a BMP file lacks some of its pixels, which decoders make black.
bool is_cut_bmp(const std::vector<std::uint8_t>& file) {
  const auto number = [&](std::size_t at) {  // four bytes, the lowest first
    return static_cast<std::int32_t>(file[at] | file[at + 1] << 8 | file[at + 2] << 16 |
                                     std::uint32_t{file[at + 3]} << 24);
  };
  if (file.size() < 54 || file[0] != 'B' || file[1] != 'M') return false;
  const bool plain = number(30) == 0 || number(30) == 3;  // not compressed
  const std::int64_t bits = std::int64_t{number(18)} * (file[28] | file[29] << 8);
  const std::int64_t rows = std::abs(std::int64_t{number(22)});
  const std::int64_t needed = number(10) + (bits + 31) / 32 * 4 * rows;
  return plain && static_cast<std::int64_t>(file.size()) < needed;
}

InputError not_whole(const fs::path& file) {
  return InputError(file.string() +
                    ": not a whole JPEG, PNG, BMP or PNM image that can be decoded");
}

/// Decode with what ncnn brings along.
Image decode(const std::vector<std::uint8_t>& content, const fs::path& file) {
  const cv::Mat decoded = cv::imdecode(content, cv::IMREAD_COLOR);
  if (decoded.empty()) throw not_whole(file);
  Image image(Size{decoded.cols, decoded.rows});
  std::copy_n(decoded.data, image.rgb.size(), image.rgb.begin());
  swap_red_and_blue(image.rgb.data(), image.rgb.size());
  return image;
}

/// ncnn says nothing of a full disk: look whether the end of a file is there.
bool ends_as_its_kind(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  const std::streamoff size = stream.tellg();
  if (size < 8) return false;
  std::string end(4, '\0');
  stream.seekg(size - 4);
  stream.read(end.data(), 4);
  stream.seekg(0);
  std::string start(6, '\0');
  stream.read(start.data(), 6);
  if (start.compare(0, 2, "\xFF\xD8") == 0) return end.compare(2, 2, "\xFF\xD9") == 0;
  if (start.compare(1, 3, "PNG") == 0) return end == "\xAE\x42\x60\x82";
  const auto byte = [&](std::size_t i) { return std::uint8_t(start[i]); };
  return size == (byte(2) | byte(3) << 8 | byte(4) << 16 |
                  static_cast<std::streamoff>(byte(5)) << 24);  // BMP
}

}  // namespace

Image read_image(const fs::path& file) {
  const std::vector<std::uint8_t> content = read_file(file);
  // Decoders make what is missing grey.
  if (is_cut_short(content) || is_cut_bmp(content)) throw not_whole(file);
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
  // ncnn takes the kind from the suffix. The result folder's lock keeps the
  // name from any other run.
  const fs::path part = file.parent_path() / (".writing" + file.extension().string());
  std::error_code error;
  bool written = cv::imwrite(part.string(), bgr) && ends_as_its_kind(part);
  if (written) {
    fs::rename(part, file, error);
    written = !error;
  }
  if (!written) {
    fs::remove(part, error);
    throw InputError(file.string() +
                     ": cannot be written; name another folder with --out");
  }
}

}  // namespace sasd
