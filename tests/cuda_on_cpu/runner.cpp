// Blocks of units, each of which has a stack of its own and is left at a barrier.
#include "runner.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace cuda_on_cpu;

namespace {

extern "C" void cuda_on_cpu_switch(void** from, void* to);
asm(R"(
.text
.type cuda_on_cpu_switch, @function
cuda_on_cpu_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
)");

constexpr size_t stack_bytes = 256 << 10;

// Runs the blocks of a launch one after the other, on the thread that launches.
class Runner {
 public:
  void run(const Kernel& kernel, uint3 grid, uint3 size, size_t shared_bytes, void** parameters) {
    const int count = size.x * size.y * size.z;
    make(count);
    shared_.resize(shared_bytes / sizeof(Line) + 1);
    block_ = {grid, size, {}, units_.data(), warps_.data(), count, 0, parameters, reinterpret_cast<char*>(shared_.data()), wait};
    kernel_ = &kernel;
    for (int i = 0; i < count; ++i) units_[i].index = {i % size.x, i / size.x % size.y, i / size.x / size.y};
    for (block_.index.z = 0; block_.index.z < grid.z; ++block_.index.z)
      for (block_.index.y = 0; block_.index.y < grid.y; ++block_.index.y)
        for (block_.index.x = 0; block_.index.x < grid.x; ++block_.index.x) kernel.has_barriers ? with_barriers() : without_barriers();
  }

 private:
  struct alignas(128) Line { char bytes[128]; };

  void make(int count) {
    while (int(units_.size()) < count) {
      void* stack = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      units_.push_back({{}, State::finished, nullptr, static_cast<char*>(stack), 0});
    }
    warps_.resize((units_.size() + warp_size - 1) / warp_size);
  }

  void without_barriers() {
    for (block_.current = 0; block_.current < block_.count; ++block_.current) kernel_->enter(&block_);
  }

  void with_barriers() {
    for (int i = 0; i < block_.count; ++i) prepare(units_[i]);
    do {
      for (int i = 0; i < block_.count; ++i)
        if (units_[i].state == State::running) {
          block_.current = i;
          cuda_on_cpu_switch(&scheduler_, units_[i].stack_pointer);
        }
    } while (open_warps() || open(0, block_.count, State::at_block_barrier));
    for (int i = 0; i < block_.count; ++i)
      if (units_[i].state != State::finished) {
        std::fprintf(stderr, "CUDA on the CPU: units of a block wait at different barriers\n");
        std::abort();
      }
  }

  static void prepare(Unit& unit) {
    auto top = reinterpret_cast<void**>(unit.stack + stack_bytes);
    *--top = nullptr;  // Keeps the stack aligned as after a call.
    *--top = reinterpret_cast<void*>(&begin);
    for (int i = 0; i < 6; ++i) *--top = nullptr;
    unit.stack_pointer = top;
    unit.state = State::running;
    unit.exchanges = 0;
  }

  static void begin();

  static void wait(Block& block, State state);

  bool open_warps() {
    bool any = false;
    for (int i = 0; i < block_.count; i += warp_size) any |= open(i, std::min(i + warp_size, block_.count), State::at_warp_barrier);
    return any;
  }

  // Lets the units of [from, to) go on if all that have not finished wait at this barrier.
  bool open(int from, int to, State barrier) {
    bool any = false;
    for (int i = from; i < to; ++i) {
      if (units_[i].state != barrier && units_[i].state != State::finished) return false;
      any |= units_[i].state == barrier;
    }
    for (int i = from; any && i < to; ++i)
      if (units_[i].state == barrier) units_[i].state = State::running;
    return any;
  }

  Block block_{};
  const Kernel* kernel_ = nullptr;
  void* scheduler_ = nullptr;
  std::vector<Unit> units_;
  std::vector<Warp> warps_;
  std::vector<Line> shared_;
};

thread_local Runner runner;

void Runner::begin() {
  runner.kernel_->enter(&runner.block_);
  wait(runner.block_, State::finished);
}

void Runner::wait(Block& block, State state) {
  Unit& unit = block.units[block.current];
  unit.state = state;
  cuda_on_cpu_switch(&unit.stack_pointer, runner.scheduler_);
}

}  // namespace

void cuda_on_cpu::run(const Kernel& kernel, uint3 grid, uint3 size, size_t shared_bytes, void** parameters) {
  runner.run(kernel, grid, size, shared_bytes, parameters);
}
