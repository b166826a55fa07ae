// Writes the net's input that an image becomes, as raw floats, for comparison
// with the pipeline that the net was trained with: dump_input IMAGE W H > FILE

#include <iostream>
#include <string>

#include "letterbox.h"
#include "image.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const sasd::Image image = sasd::read_image(argv[1]);
  const sasd::Size size{std::stoi(argv[2]), std::stoi(argv[3])};
  sasd::InputDescription input{};
  input.rgb = true;
  input.std = {1, 1, 1};
  input.pad_value = 114;
  const ncnn::Mat planes = sasd::Letterbox(image.size, size).apply(image, input);
  for (int plane = 0; plane < planes.c; ++plane) {
    const ncnn::Mat values = planes.channel(plane);
    std::cout.write(reinterpret_cast<const char*>(values.row(0)),
                    static_cast<std::streamsize>(sizeof(float) * values.w * values.h));
  }
  return std::cout.flush() ? 0 : 1;
}
