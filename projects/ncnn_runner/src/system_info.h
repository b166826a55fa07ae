#pragma once

#include <net.h>

#include "json_files.h"

namespace sasd {

/// What a measured time depends on beside the model: device, cores, clock
/// governor, how this program was compiled, what ncnn may use.
Json system_info(const ncnn::Option& options);

}  // namespace sasd
