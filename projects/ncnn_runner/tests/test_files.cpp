#include <sys/stat.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "check.h"
#include "exif.h"
#include "json_files.h"
#include "image.h"
#include "image_ids.h"
#include "temporary_folder.h"

namespace {

using namespace sasd;

/// The start of a JPEG file with another segment before that of EXIF.
std::vector<std::uint8_t> jpeg(const std::string& tiff) {
  const std::string exif = std::string("Exif\0\0", 6) + tiff;
  std::string file = std::string("\xFF\xD8\xFF\xE0\x00\x04xx", 8);
  file += std::string("\xFF\xE1\x00", 3) + static_cast<char>(exif.size() + 2) + exif;
  file += std::string("\xFF\xDA\x00\x02", 4);
  return {file.begin(), file.end()};
}

void orientation_is_found_in_both_byte_orders() {
  const std::string little("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0",
                           22);
  const std::string big("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0", 22);
  CHECK(exif_orientation(jpeg(little)) == 6);
  CHECK(exif_orientation(jpeg(big)) == 8);
}

void files_that_do_not_say_stay_as_they_are() {
  const std::string zero("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0", 22);
  CHECK(exif_orientation(jpeg(zero)) == 1);
  CHECK(exif_orientation(jpeg("")) == 1);
  CHECK(exif_orientation({}) == 1);
  CHECK(exif_orientation({'P', '5', '\n'}) == 1);
}

void every_beginning_of_a_file_is_survived() {
  const std::string far("II*\0\xFF\xFF\xFF\xFF\x01\0\x12\x01", 12);
  const auto whole = jpeg(far);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CHECK(exif_orientation({whole.begin(), whole.begin() + static_cast<long>(size)}) ==
          1);
  }
}

void images_that_cannot_be_read_are_named() {
  const TemporaryFolder folder;
  folder.write("empty.jpg", "");
  folder.write("text.jpg", "no image");
  CHECK_REFUSED(read_image(folder.path() / "none.jpg"), "none.jpg: no such image");
  CHECK_REFUSED(read_image(folder.path() / "empty.jpg"), "empty.jpg: the file is empty");
  CHECK_REFUSED(read_image(folder.path() / "text.jpg"), "text.jpg: not a whole");
  CHECK_REFUSED(read_image(folder.path()), ": a folder");
  const std::string too_long = std::string(300, 'a') + ".jpg";
  CHECK_REFUSED(read_image(folder.path() / too_long), "too long");
  std::filesystem::create_symlink("nowhere", folder.path() / "broken.jpg");
  CHECK_REFUSED(read_image(folder.path() / "broken.jpg"),
                "a link to nowhere, which is not there");
  CHECK(mkfifo((folder.path() / "pipe.jpg").c_str(), 0600) == 0);
  CHECK_REFUSED(read_image(folder.path() / "pipe.jpg"), "a pipe, not a file");
  CHECK_REFUSED(read_image("/dev/null"), "a device, not a file");
}

void a_file_that_is_cut_short_is_refused(const std::string& kind) {
  const TemporaryFolder folder;
  write_image(folder.path() / ("a" + kind), Image(Size{63, 48}));
  std::ifstream stream(folder.path() / ("a" + kind), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(stream), {}};
  for (const std::size_t missing : {std::size_t{1}, std::size_t{9}, whole.size() / 2}) {
    folder.write("cut" + kind, whole.substr(0, whole.size() - missing));
    CHECK_REFUSED(read_image(folder.path() / ("cut" + kind)), ": not a whole");
  }
  folder.write("more" + kind, whole + "and more");
  CHECK((read_image(folder.path() / ("more" + kind)).size == Size{63, 48}));
}

void a_written_image_is_read_back() {
  const TemporaryFolder folder;
  Image image(Size{3, 2});
  for (std::size_t i = 0; i < image.rgb.size(); ++i) {
    image.rgb[i] = static_cast<std::uint8_t>(10 * i);
  }
  write_image(folder.path() / "a.png", image);
  const Image read = read_image(folder.path() / "a.png");
  CHECK((read.size == Size{3, 2}));
  CHECK(read.rgb == image.rgb);
  write_image(folder.path() / "a.jpg", image);  // each kind has an end of its own
  write_image(folder.path() / "a.bmp", image);
  CHECK_REFUSED(write_image(folder.path() / "none" / "a.png", image),
                "cannot be written");
}

void an_image_gets_its_name_when_it_is_whole() {
  const TemporaryFolder folder;
  const Image image(Size{3, 2});
  write_image(folder.path() / "a.png", image);
  // What is written before the name is given fails, as on a full disk.
  std::filesystem::create_symlink("/dev/full", folder.path() / ".writing.png");
  CHECK_REFUSED(write_image(folder.path() / "a.png", Image(Size{9, 9})),
                "a.png: cannot be written");
  CHECK((read_image(folder.path() / "a.png").size == image.size));
  // Nothing is left behind, and the next one can be written.
  write_image(folder.path() / "a.png", Image(Size{9, 9}));
  CHECK((read_image(folder.path() / "a.png").size == Size{9, 9}));
  CHECK(!std::filesystem::exists(folder.path() / ".writing.png"));
}

void drawn_images_keep_their_names() {
  CHECK(drawn_name("x/a.jpg") == "a.jpg");
  CHECK(drawn_name("b.PNG") == "b.PNG");
  CHECK(drawn_name("c.ppm") == "c.ppm.png");
}

void numbers_as_names_are_ids() {
  CHECK((image_ids({"x/000012.jpg", "7.png"}) == std::vector<std::int64_t>{12, 7}));
  CHECK((image_ids({"a.jpg", "7.png"}) == std::vector<std::int64_t>{1, 2}));
  CHECK((image_ids({"7.jpg", "07.png"}) == std::vector<std::int64_t>{1, 2}));
  CHECK((image_ids({"9223372036854775807.jpg", "4294967296.jpg"}) ==
         std::vector<std::int64_t>{9223372036854775807, 4294967296}));
  CHECK((image_ids({"9223372036854775808.jpg"}) == std::vector<std::int64_t>{1}));
  CHECK((image_ids({"-7.jpg"}) == std::vector<std::int64_t>{1}));
}

void persons_are_written_as_coco_does() {
  Person person;
  person.box = {1.006F, 2, 4, 8.5F};
  person.score = 0.123456F;
  person.keypoints = {{1.00049F, -2, 0.5F}};
  CHECK(to_coco(person, 3, "a.jpg").dump() ==
        R"({"image_id":3,"file_name":"a.jpg","category_id":1,)"
        R"("keypoints":[1.0,-2.0,0.5],"bbox":[1.01,2.0,2.99,6.5],"score":0.12346})");
}

void a_list_is_valid_after_each_addition() {
  const TemporaryFolder folder;
  const auto path = folder.path() / "list.json";
  const auto content = [&] {
    std::ifstream stream(path);
    return Json::parse(stream);
  };
  JsonListFile file(path);
  CHECK(content() == Json::array());
  file.add({{"a", 1}});
  CHECK(content().size() == 1);
  file.add("b\xFF");
  CHECK(content().size() == 2);
  CHECK_REFUSED(JsonListFile(folder.path() / "none" / "a"), "cannot be written");
}

void a_list_that_is_in_use_stays_as_it_is() {
  const TemporaryFolder folder;
  const auto path = folder.path() / "list.json";
  {
    JsonListFile file(path);
    file.add(1);
    CHECK_REFUSED(JsonListFile(path), "another run writes to it");
    file.add(2);
  }
  std::ifstream stream(path);
  CHECK(Json::parse(stream) == Json::array({1, 2}));
  CHECK(check::refusal([&] { JsonListFile again(path); }).empty());
}

void names_with_control_characters_fit_on_a_line() {
  CHECK(one_line("a\nb\r\t\x1b\x7f\xc3\xa9") == "a\\nb\\r\\t\\x1b\\x7f\xc3\xa9");
}

}  // namespace

int main() {
  orientation_is_found_in_both_byte_orders();
  files_that_do_not_say_stay_as_they_are();
  every_beginning_of_a_file_is_survived();
  images_that_cannot_be_read_are_named();
  a_file_that_is_cut_short_is_refused(".jpg");
  a_file_that_is_cut_short_is_refused(".bmp");
  a_written_image_is_read_back();
  an_image_gets_its_name_when_it_is_whole();
  drawn_images_keep_their_names();
  numbers_as_names_are_ids();
  persons_are_written_as_coco_does();
  a_list_is_valid_after_each_addition();
  a_list_that_is_in_use_stays_as_it_is();
  names_with_control_characters_fit_on_a_line();
  return check::failures();
}
