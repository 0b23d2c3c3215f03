// A block of a kernel's units, as the driver runs it and the kernel sees it.
#pragma once
#include <cstddef>

struct uint3 {
  unsigned x, y, z;
};

namespace cuda_on_cpu {

constexpr int warp_size = 32;

enum class State { running, at_block_barrier, at_warp_barrier, finished };

// A unit ("thread") of a block. One that waits at a barrier keeps its stack.
struct Unit {
  uint3 index;
  State state;
  void* stack_pointer;
  char* stack;
  int exchanges;  // how often it has exchanged a value within its warp
};

// What the units of a warp exchange, by turns in two places: nobody is more than one exchange ahead.
struct Warp {
  unsigned char values[2][warp_size][16];
};

struct Block {
  uint3 grid_size, block_size, index;
  Unit* units;
  Warp* warps;
  int count;    // of units
  int current;  // the unit that runs
  void** parameters;
  char* shared_memory;
  void (*wait)(Block&, State);  // leaves the running unit until its barrier opens
};

}  // namespace cuda_on_cpu
