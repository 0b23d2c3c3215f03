// Launches of kernels, on the thread that launches.
#pragma once
#include "block.hpp"

namespace cuda_on_cpu {

struct Kernel {
  void (*enter)(Block*);
  bool has_barriers;
  bool is_measurement;  // of how fast the GPU is: gigabytes that are copied for nothing
};

// Runs the blocks of a grid one after the other.
void run(const Kernel& kernel, uint3 grid, uint3 size, size_t shared_bytes, void** parameters);

}  // namespace cuda_on_cpu
