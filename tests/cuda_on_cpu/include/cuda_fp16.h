#pragma once
#include "small_floats.hpp"
using __half = cuda_on_cpu::Small<cuda_on_cpu::Half>;
using __half2 = cuda_on_cpu::Pair<cuda_on_cpu::Half>;
