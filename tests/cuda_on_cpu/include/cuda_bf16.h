#pragma once
#include "small_floats.hpp"
using __nv_bfloat16 = cuda_on_cpu::Small<cuda_on_cpu::Bfloat>;
using __nv_bfloat162 = cuda_on_cpu::Pair<cuda_on_cpu::Bfloat>;
