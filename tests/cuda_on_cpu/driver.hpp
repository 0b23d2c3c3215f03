// What the driver, NVRTC and NCCL have in common.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))
#define COUNTED counts.add(__func__)

namespace cuda_on_cpu {

enum Result { success = 0, invalid_value = 1, out_of_memory = 2, no_device = 100, invalid_device = 101, invalid_image = 200, not_found = 500 };

inline long setting(const char* name, long otherwise) {
  const char* value = std::getenv(name);
  return value ? std::atol(value) : otherwise;
}

// How often what was called.
struct Counts {
  std::mutex lock;
  std::map<std::string, long> calls;
  void add(const char* name) {
    std::lock_guard<std::mutex> guard(lock);
    ++calls[name];
  }
  ~Counts() {
    const char* path = std::getenv("CUDA_ON_CPU_COUNTS");
    if (!path) return;
    std::ofstream file(path);
    for (auto& [name, count] : calls) file << name << ' ' << count << '\n';
  }
};
extern Counts counts;

// A sum over several devices, for which nobody waits until somebody needs it.
struct Sum {
  std::mutex lock;
  std::condition_variable changed;
  size_t ranks = 0, bytes = 0;
  int type = 0, operation = 0;
  std::vector<const void*> from;
  std::vector<void*> to;
  bool done = false;

  void wait() {
    std::unique_lock<std::mutex> guard(lock);
    changed.wait(guard, [this] { return done; });
  }
};

struct Stream { std::shared_ptr<Sum> last; };
struct Event {
  std::shared_ptr<Sum> last;
  std::chrono::steady_clock::time_point time;
};

inline void finish(Stream* stream) {
  if (stream && stream->last) {
    stream->last->wait();
    stream->last.reset();
  }
}

}  // namespace cuda_on_cpu
