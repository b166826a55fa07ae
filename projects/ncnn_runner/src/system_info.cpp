#include "system_info.h"

#include <c_api.h>
#include <cpu.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sasd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnknown = "unknown";

/// The first line of a small file, or "unknown".
std::string first_line(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  // A device tree's strings end with a zero byte.
  line = line.substr(0, line.find('\0'));
  return line.empty() ? kUnknown : line;
}

/// All different values of a key of /proc/cpuinfo, in order of appearance.
std::vector<std::string> cpuinfo_values(const std::string& key) {
  std::ifstream stream("/proc/cpuinfo");
  std::vector<std::string> values;
  for (std::string line; std::getline(stream, line);) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos || line.compare(0, key.size(), key) != 0) continue;
    const std::string value = line.substr(colon + 2);
    if (std::find(values.begin(), values.end(), value) == values.end()) {
      values.push_back(value);
    }
  }
  return values;
}

/// The name of a core that ARM designed; /proc/cpuinfo has its number only.
std::string arm_core(const std::string& part) {
  static constexpr std::array<std::pair<const char*, const char*>, 12> kCores{{
      {"0xd03", "Cortex-A53"},
      {"0xd04", "Cortex-A35"},
      {"0xd05", "Cortex-A55"},
      {"0xd07", "Cortex-A57"},
      {"0xd08", "Cortex-A72"},
      {"0xd09", "Cortex-A73"},
      {"0xd0a", "Cortex-A75"},
      {"0xd0b", "Cortex-A76"},
      {"0xd0d", "Cortex-A77"},
      {"0xd41", "Cortex-A78"},
      {"0xd44", "Cortex-X1"},
      {"0xd46", "Cortex-A510"},
  }};
  for (const auto& [number, name] : kCores) {
    if (part == number) return name;
  }
  return "CPU part " + part;
}

std::string cpu_model() {
  std::vector<std::string> names = cpuinfo_values("model name");
  if (names.empty()) {
    for (const std::string& part : cpuinfo_values("CPU part")) {
      names.push_back(arm_core(part));
    }
  }
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : " + ") + name;
  return joined.empty() ? kUnknown : joined;
}

std::string machine() {
  utsname names{};
  return uname(&names) == 0 ? names.machine : kUnknown;
}

/// The clock governors of all cores, mostly one.
std::string governor() {
  std::set<std::string> found;
  const fs::path cpus = "/sys/devices/system/cpu";
  for (int i = 0; i < ncnn::get_cpu_count(); ++i) {
    found.insert(
        first_line(cpus / ("cpu" + std::to_string(i)) / "cpufreq/scaling_governor"));
  }
  std::string joined;
  for (const std::string& name : found) joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

/// What the processor can, of what ncnn has code for.
Json isa_features() {
  const std::pair<const char*, int> features[] = {
#if defined(__x86_64__) || defined(__i386__)
      {"avx", ncnn::cpu_support_x86_avx()},
      {"fma", ncnn::cpu_support_x86_fma()},
      {"f16c", ncnn::cpu_support_x86_f16c()},
      {"avx2", ncnn::cpu_support_x86_avx2()},
      {"avx_vnni", ncnn::cpu_support_x86_avx_vnni()},
      {"avx512", ncnn::cpu_support_x86_avx512()},
      {"avx512_vnni", ncnn::cpu_support_x86_avx512_vnni()},
      {"avx512_fp16", ncnn::cpu_support_x86_avx512_fp16()},
#else
      {"neon", ncnn::cpu_support_arm_neon()},
      {"vfpv4", ncnn::cpu_support_arm_vfpv4()},
      {"asimdhp", ncnn::cpu_support_arm_asimdhp()},
      {"asimddp", ncnn::cpu_support_arm_asimddp()},
      {"asimdfhm", ncnn::cpu_support_arm_asimdfhm()},
      {"bf16", ncnn::cpu_support_arm_bf16()},
      {"i8mm", ncnn::cpu_support_arm_i8mm()},
      {"sve", ncnn::cpu_support_arm_sve()},
#endif
  };
  Json names = Json::array();
  for (const auto& [name, there] : features) {
    if (there != 0) names.push_back(name);
  }
  return names;
}

}  // namespace

Json system_info(const ncnn::Option& options) {
  return {
      {"device", first_line("/proc/device-tree/model")},
      {"cpu", cpu_model()},
      {"machine", machine()},
      {"cores", ncnn::get_cpu_count()},
      {"big_cores", ncnn::get_big_cpu_count()},
      {"threads", options.num_threads},
      {"governor", governor()},
      {"isa_features", isa_features()},
      {"compiler", std::string(
#if defined(__clang__)
                       "clang "
#else
                       "gcc "
#endif
                       __VERSION__)},
      {"compile_flags", SASD_COMPILE_FLAGS},
      {"ncnn", ncnn_version()},
      {"fp16_packed", options.use_fp16_packed},
      {"fp16_storage", options.use_fp16_storage},
      {"fp16_arithmetic", options.use_fp16_arithmetic},
      {"bf16_storage", options.use_bf16_storage},
      {"int8_inference", options.use_int8_inference},
  };
}

}  // namespace sasd
