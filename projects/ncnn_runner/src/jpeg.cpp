#include "jpeg.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sasd {

bool is_cut_short(const std::vector<std::uint8_t>& file) {
  const std::size_t size = file.size();
  if (size < 2 || file[0] != 0xFF || file[1] != 0xD8) return false;
  std::size_t at = 2;
  // Segments until the image's own data: a preview among them has an end, too.
  while (at + 3 < size && file[at] == 0xFF && file[at + 1] != 0xDA) {
    const bool padding = file[at + 1] == 0xFF;
    at += padding ? 1 : 2 + (std::size_t{file[at + 2]} << 8 | file[at + 3]);
  }
  constexpr std::array<std::uint8_t, 2> kEnd{0xFF, 0xD9};
  const auto rest = file.begin() + static_cast<std::ptrdiff_t>(std::min(at, size));
  return std::search(rest, file.end(), kEnd.begin(), kEnd.end()) == file.end();
}

}  // namespace sasd

#ifdef SASD_WITH_JPEG

#include <cstdio>  // before jpeglib.h, which lacks it

#include <jpeglib.h>

#include <csetjmp>

namespace sasd {
namespace {

/// libjpeg's errors, with the place to go back to: its default ends the program.
struct ErrorHandler {
  jpeg_error_mgr manager;
  std::jmp_buf back;
};

void go_back(j_common_ptr info) {
  std::longjmp(reinterpret_cast<ErrorHandler*>(info->err)->back, 1);
}

void say_nothing(j_common_ptr) {}

/// Decode into `image`; false where that fails. No object that has a
/// destructor lives here: longjmp would skip it.
bool decode(const std::vector<std::uint8_t>& content, jpeg_decompress_struct& info,
            ErrorHandler& errors, Image& image) {
  if (setjmp(errors.back) != 0) return false;
  jpeg_mem_src(&info, content.data(), static_cast<unsigned long>(content.size()));
  jpeg_read_header(&info, TRUE);
  if (info.num_components != 1 && info.num_components != 3) return false;
  info.out_color_space = JCS_RGB;
  jpeg_start_decompress(&info);
  image = Image(Size{static_cast<int>(info.output_width),
                         static_cast<int>(info.output_height)});
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = image.row(static_cast<int>(info.output_scanline));
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  return true;
}

}  // namespace

std::optional<Image> decode_jpeg(const std::vector<std::uint8_t>& content) {
  ErrorHandler errors{};
  jpeg_decompress_struct info{};
  info.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = go_back;
  errors.manager.output_message = say_nothing;
  jpeg_create_decompress(&info);
  Image image;
  const bool decoded = decode(content, info, errors, image);
  jpeg_destroy_decompress(&info);
  if (!decoded) return std::nullopt;
  return image;
}

}  // namespace sasd

#else

namespace sasd {

std::optional<Image> decode_jpeg(const std::vector<std::uint8_t>&) {
  return std::nullopt;
}

}  // namespace sasd

#endif
