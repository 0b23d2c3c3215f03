// CUDA without a GPU: the functions of NVIDIA's driver, of its run-time compiler and of NCCL that CubeCL calls, on the CPU. Kernels are compiled by
// g++ from the C++ that CubeCL writes, and run unit by unit: slow, but what a program asks of CUDA happens. For tests alone.
//
// CUDA_ON_CPU_DEVICES    how many GPUs there are; 1
// CUDA_ON_CPU_MEMORY     how many bytes each has; 8 GiB
// CUDA_ON_CPU_FAULT      what the driver does when it is called first: hang, abort, or the number of an error
// CUDA_ON_CPU_COUNTS     a file to which the number of calls of each kind is written at the end
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "block.hpp"

#define EXPORT extern "C" __attribute__((visibility("default")))

using namespace cuda_on_cpu;

namespace {

enum Result { success = 0, invalid_value = 1, out_of_memory = 2, not_initialized = 3, no_device = 100, invalid_device = 101, invalid_image = 200, not_found = 500 };

long setting(const char* name, long otherwise) {
  const char* value = std::getenv(name);
  return value ? std::atol(value) : otherwise;
}

// ---- how often what was called

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
} counts;

#define COUNTED counts.add(__func__)

// ---- blocks of units

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
using Enter = void (*)(Block*);

struct Kernel {
  Enter enter;
  bool has_barriers;
  bool is_measurement;  // of how fast the GPU is: gigabytes that are copied for nothing
};

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

// ---- sums of several devices, which nobody waits for until somebody does

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

void finish(Stream* stream) {
  if (stream && stream->last) {
    stream->last->wait();
    stream->last.reset();
  }
}

// ---- memory

struct Memory {
  std::mutex lock;
  std::map<unsigned long long, std::pair<size_t, int>> pieces;
  std::map<int, size_t> used;
} memory;

thread_local int current_device = 0;

int devices() { return int(setting("CUDA_ON_CPU_DEVICES", 1)); }

int allocate(unsigned long long* pointer, size_t bytes) {
  std::lock_guard<std::mutex> guard(memory.lock);
  if (memory.used[current_device] + bytes > size_t(setting("CUDA_ON_CPU_MEMORY", 8L << 30))) return out_of_memory;
  void* piece = std::aligned_alloc(512, (bytes + 511) / 512 * 512);
  if (!piece) return out_of_memory;
  std::memset(piece, 0xff, bytes);  // Not a number: whoever reads what was not written sees it.
  *pointer = reinterpret_cast<unsigned long long>(piece);
  memory.pieces[*pointer] = {bytes, current_device};
  memory.used[current_device] += bytes;
  return success;
}

int release(unsigned long long pointer) {
  std::lock_guard<std::mutex> guard(memory.lock);
  auto piece = memory.pieces.find(pointer);
  if (piece == memory.pieces.end()) return invalid_value;
  memory.used[piece->second.second] -= piece->second.first;
  memory.pieces.erase(piece);
  std::free(reinterpret_cast<void*>(pointer));
  return success;
}

}  // namespace

// ---- the driver

EXPORT int cuInit(unsigned) {
  const char* fault = std::getenv("CUDA_ON_CPU_FAULT");
  if (!fault) return devices() > 0 ? success : no_device;
  if (!std::strcmp(fault, "abort")) std::abort();
  while (!std::strcmp(fault, "hang")) sleep(1);
  return std::atoi(fault);
}
EXPORT int cuDriverGetVersion(int* version) { *version = 13000; return success; }
EXPORT int cuDeviceGetCount(int* count) { *count = devices(); return success; }
EXPORT int cuDeviceGet(int* device, int index) {
  *device = index;
  return index < devices() ? success : invalid_device;
}
EXPORT int cuDeviceGetName(char* name, int length, int) {
  std::snprintf(name, length, "NVIDIA GeForce GTX 1660 (CUDA on the CPU)");
  return success;
}
EXPORT int cuDeviceGetUuid_v2(unsigned char* bytes, int device) {
  std::memset(bytes, 0, 16);
  bytes[15] = device + 1;
  return success;
}
EXPORT int cuDeviceGetUuid(unsigned char* bytes, int device) { return cuDeviceGetUuid_v2(bytes, device); }
EXPORT int cuDeviceTotalMem_v2(size_t* bytes, int) { *bytes = setting("CUDA_ON_CPU_MEMORY", 8L << 30); return success; }
EXPORT int cuDeviceGetPCIBusId(char* text, int length, int device) {
  std::snprintf(text, length, "0000:%02x:00.0", device + 1);
  return success;
}
EXPORT int cuDeviceGetAttribute(int* value, int attribute, int) {
  // As of a card of compute capability 7.5 without tensor cores; the numbers are those of cuda.h.
  static const std::map<int, int> attributes = {
      {1, 1024}, {2, 1024}, {3, 1024}, {4, 64}, {5, 2147483647}, {6, 65535}, {7, 65535}, {8, 49152}, {9, 65536}, {10, warp_size}, {12, 65536}, {13, 1785000},
      {16, 1}, {39, 1024}, {75, 7}, {76, 5}, {81, 65536}, {82, 65536}, {97, 65536},
  };
  auto found = attributes.find(attribute);
  *value = found == attributes.end() ? 0 : found->second;
  return success;
}
EXPORT int cuDevicePrimaryCtxRetain(void** context, int device) {
  *context = reinterpret_cast<void*>(long(device + 1));
  return success;
}
EXPORT int cuDevicePrimaryCtxRelease_v2(int) { return success; }
EXPORT int cuCtxSetCurrent(void* context) {
  current_device = context ? int(reinterpret_cast<long>(context)) - 1 : 0;
  return success;
}
EXPORT int cuCtxGetCurrent(void** context) { *context = reinterpret_cast<void*>(long(current_device + 1)); return success; }
EXPORT int cuCtxGetStreamPriorityRange(int* least, int* greatest) { *least = *greatest = 0; return success; }
EXPORT int cuGetErrorName(int error, const char** name) {
  static const std::map<int, const char*> names = {{2, "CUDA_ERROR_OUT_OF_MEMORY"}, {100, "CUDA_ERROR_NO_DEVICE"}, {101, "CUDA_ERROR_INVALID_DEVICE"}};
  auto found = names.find(error);
  *name = found == names.end() ? "CUDA_ERROR_UNKNOWN" : found->second;
  return success;
}
EXPORT int cuGetErrorString(int error, const char** text) {
  *text = error == out_of_memory ? "out of memory" : "an error of CUDA on the CPU";
  return success;
}

EXPORT int cuStreamCreate(Stream** stream, unsigned) { *stream = new Stream; return success; }
EXPORT int cuStreamCreateWithPriority(Stream** stream, unsigned, int) { *stream = new Stream; return success; }
EXPORT int cuStreamDestroy_v2(Stream* stream) { finish(stream); delete stream; return success; }
EXPORT int cuStreamSynchronize(Stream* stream) { COUNTED; finish(stream); return success; }
EXPORT int cuStreamQuery(Stream*) { return success; }
EXPORT int cuStreamWaitEvent(Stream*, Event* event, unsigned) {
  if (event->last) event->last->wait();
  return success;
}
EXPORT int cuEventCreate(Event** event, unsigned) { *event = new Event; return success; }
EXPORT int cuEventDestroy_v2(Event* event) { delete event; return success; }
EXPORT int cuEventRecord(Event* event, Stream* stream) {
  event->last = stream ? stream->last : nullptr;
  event->time = std::chrono::steady_clock::now();
  return success;
}
EXPORT int cuEventSynchronize(Event* event) { COUNTED; return cuStreamWaitEvent(nullptr, event, 0); }
EXPORT int cuEventQuery(Event*) { return success; }
EXPORT int cuEventElapsedTime_v2(float* milliseconds, Event* begin, Event* end) {
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - begin->time).count();
  return success;
}
EXPORT int cuEventElapsedTime(float* milliseconds, Event* begin, Event* end) { return cuEventElapsedTime_v2(milliseconds, begin, end); }

EXPORT int cuMemAlloc_v2(unsigned long long* pointer, size_t bytes) { COUNTED; return allocate(pointer, bytes); }
EXPORT int cuMemAllocAsync(unsigned long long* pointer, size_t bytes, Stream*) { COUNTED; return allocate(pointer, bytes); }
EXPORT int cuMemFree_v2(unsigned long long pointer) { return release(pointer); }
EXPORT int cuMemFreeAsync(unsigned long long pointer, Stream* stream) { finish(stream); return release(pointer); }
EXPORT int cuMemAllocHost_v2(void** pointer, size_t bytes) { return (*pointer = std::malloc(bytes)) ? success : out_of_memory; }
EXPORT int cuMemFreeHost(void* pointer) { std::free(pointer); return success; }
EXPORT int cuMemGetInfo_v2(size_t* available, size_t* total) {
  std::lock_guard<std::mutex> guard(memory.lock);
  *total = setting("CUDA_ON_CPU_MEMORY", 8L << 30);
  *available = *total - memory.used[current_device];
  return success;
}

EXPORT int cuMemcpyHtoDAsync_v2(unsigned long long to, const void* from, size_t bytes, Stream* stream) {
  COUNTED;
  finish(stream);
  std::memcpy(reinterpret_cast<void*>(to), from, bytes);
  return success;
}
EXPORT int cuMemcpyDtoHAsync_v2(void* to, unsigned long long from, size_t bytes, Stream* stream) {
  COUNTED;
  finish(stream);
  std::memcpy(to, reinterpret_cast<void*>(from), bytes);
  return success;
}
EXPORT int cuMemcpyDtoDAsync_v2(unsigned long long to, unsigned long long from, size_t bytes, Stream* stream) {
  COUNTED;
  finish(stream);
  std::memmove(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes);
  return success;
}
EXPORT int cuMemsetD8Async(unsigned long long to, unsigned char value, size_t bytes, Stream* stream) {
  finish(stream);
  std::memset(reinterpret_cast<void*>(to), value, bytes);
  return success;
}

// CUDA_MEMCPY2D of cuda.h.
struct Rectangle {
  size_t from_x, from_y;
  int from_type;
  const char* from_host;
  unsigned long long from_device;
  void* from_array;
  size_t from_pitch, to_x, to_y;
  int to_type;
  char* to_host;
  unsigned long long to_device;
  void* to_array;
  size_t to_pitch, width, height;
};

EXPORT int cuMemcpy2DAsync_v2(const Rectangle* copy, Stream* stream) {
  constexpr int host = 1;
  counts.add(copy->to_type == host ? "cuMemcpyDtoHAsync_v2" : "cuMemcpyHtoDAsync_v2");
  finish(stream);
  const char* from = copy->from_type == host ? copy->from_host : reinterpret_cast<const char*>(copy->from_device);
  char* to = copy->to_type == host ? copy->to_host : reinterpret_cast<char*>(copy->to_device);
  for (size_t row = 0; row < copy->height; ++row)
    std::memcpy(to + (copy->to_y + row) * copy->to_pitch + copy->to_x, from + (copy->from_y + row) * copy->from_pitch + copy->from_x, copy->width);
  return success;
}

EXPORT int cuModuleLoadData(void** module, const char* image) {
  *module = dlopen(image, RTLD_NOW | RTLD_LOCAL);
  if (*module) return success;
  std::fprintf(stderr, "CUDA on the CPU: %.80s is no kernel of its own\n", image);
  return invalid_image;
}
EXPORT int cuModuleUnload(void*) { return success; }
EXPORT int cuModuleGetFunction(Kernel** kernel, void* module, const char* name) {
  auto enter = reinterpret_cast<Enter>(dlsym(module, "cuda_on_cpu_enter"));
  auto has_barriers = static_cast<const bool*>(dlsym(module, "cuda_on_cpu_has_barriers"));
  if (!enter || !has_barriers) return not_found;
  *kernel = new Kernel{enter, *has_barriers, std::strstr(name, "_throughput_") != nullptr};
  return success;
}
EXPORT int cuFuncSetAttribute(Kernel*, int, int) { return success; }
EXPORT int cuLaunchKernel(Kernel* kernel, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned x, unsigned y, unsigned z, unsigned shared_bytes,
                          Stream* stream, void** parameters, void**) {
  COUNTED;
  finish(stream);
  const uint3 grid = kernel->is_measurement ? uint3{1, 1, 1} : uint3{grid_x, grid_y, grid_z};
  runner.run(*kernel, grid, {x, y, z}, shared_bytes, parameters);
  return success;
}

// ---- the run-time compiler, whose result is the path of a library

namespace {

struct Program {
  std::string source, log, path;
};

// Assembly for NVIDIA's processors that a compiler for the CPU cannot read, as the functions that it stands for.
std::string without_assembly(std::string source) {
  static const std::regex extremes("asm\\(\"(min|max)\\.NaN\\.f32 %0, %1, %2;\" : \"=f\"\\((\\w+)\\) : \"f\"\\(([^()]+)\\), \"f\"\\(([^()]+)\\)\\);");
  static const std::regex atomics("asm volatile\\(\"atom\\.relaxed\\.(add|min|max)\\.\\w+ %0, \\[%1\\], %2;\" : \"=\\w\"\\((\\w+)\\) : \"l\"\\((\\w+)\\), \"\\w\"\\((\\w+)\\)\\s*\\);");
  source = std::regex_replace(source, extremes, "$2 = $1_nan($3, $4);");
  return std::regex_replace(source, atomics, "$2 = atomic_$1($3, $4);");
}

std::string for_the_cpu(const std::string& source) {
  static const std::regex entry("__launch_bounds__\\(\\d+\\)\\s+(\\w+)\\(");
  static const std::regex shared("extern __shared__ __align__\\((\\d+)\\) char (\\w+)\\[\\];");
  std::smatch name;
  if (!std::regex_search(source, name, entry)) return "#error no kernel found\n";
  std::string text = std::regex_replace(without_assembly(source), shared, "char* const $2 = cuda_on_cpu::block->shared_memory;");
  const bool has_barriers = source.find("__sync") != std::string::npos || source.find("_sync(") != std::string::npos;
  return "#include \"kernel.hpp\"\n" + text + "\nextern \"C\" const bool cuda_on_cpu_has_barriers = " + (has_barriers ? "true" : "false") +
         ";\nextern \"C\" void cuda_on_cpu_enter(cuda_on_cpu::Block* block) {\n  cuda_on_cpu::block = block;\n  cuda_on_cpu::call(" + name[1].str() + ");\n}\n";
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

int compile(Program& program) {
  static std::atomic<int> tries{0};
  const std::string folder = std::getenv("CUDA_ON_CPU_CACHE"), headers = std::getenv("CUDA_ON_CPU_HEADERS"), text = for_the_cpu(program.source);
  const std::string name = folder + "/" + std::to_string(std::hash<std::string>()(text)), own = name + "." + std::to_string(getpid()) + "." + std::to_string(++tries);
  program.path = name + ".so";
  if (access(program.path.c_str(), R_OK) == 0) return success;
  if (std::system(("mkdir -p '" + folder + "'").c_str()) != 0) return invalid_value;
  std::ofstream(own + ".cpp") << text;
  const std::string command = "g++ -std=c++17 -O2 -march=native -ffp-contract=off -fno-strict-aliasing -fno-gnu-unique -w -shared -fPIC -I'" + headers +
                              "' -I'" + headers + "/include' -o '" + own + ".so' '" + own + ".cpp' 2>'" + own + ".log'";
  const bool compiled = std::system(command.c_str()) == 0 && std::rename((own + ".so").c_str(), program.path.c_str()) == 0;
  program.log = contents(own + ".log");
  if (!compiled) std::fprintf(stderr, "CUDA on the CPU: g++ refuses %s.cpp: %.600s\n", own.c_str(), program.log.c_str());
  if (compiled) { std::remove((own + ".log").c_str()); std::rename((own + ".cpp").c_str(), (name + ".cpp").c_str()); }
  return compiled ? success : 6;  // NVRTC_ERROR_COMPILATION
}

}  // namespace

EXPORT int nvrtcVersion(int* major, int* minor) { *major = 13; *minor = 0; return success; }
EXPORT const char* nvrtcGetErrorString(int) { return "CUDA on the CPU cannot compile it"; }
EXPORT int nvrtcCreateProgram(Program** program, const char* source, const char*, int, const char* const*, const char* const*) {
  *program = new Program{source, "", ""};
  return success;
}
EXPORT int nvrtcDestroyProgram(Program** program) { delete *program; *program = nullptr; return success; }
EXPORT int nvrtcCompileProgram(Program* program, int, const char* const*) { COUNTED; return compile(*program); }
EXPORT int nvrtcGetProgramLogSize(Program* program, size_t* size) { *size = program->log.size() + 1; return success; }
EXPORT int nvrtcGetProgramLog(Program* program, char* log) { std::strcpy(log, program->log.c_str()); return success; }
EXPORT int nvrtcGetPTXSize(Program* program, size_t* size) { *size = program->path.size() + 1; return success; }
EXPORT int nvrtcGetPTX(Program* program, char* ptx) { std::strcpy(ptx, program->path.c_str()); return success; }

// ---- NCCL

namespace {

struct UniqueId { char bytes[128]; };

// The devices of a process that add up together.
struct Group {
  std::mutex lock;
  std::condition_variable changed;
  size_t ranks = 0, joined = 0;
  std::map<size_t, std::shared_ptr<Sum>> sums;  // by their number
};

struct Communicator {
  std::shared_ptr<Group> group;
  size_t rank = 0, begun = 0;
};

std::mutex groups_lock;
std::map<std::string, std::shared_ptr<Group>> groups;

constexpr int type_f16 = 6, type_f32 = 7, type_f64 = 8, type_i32 = 2, type_bf16 = 9;
constexpr int operation_sum = 0, operation_average = 4;

template <class T>
void add_up(Sum& sum) {
  const size_t count = sum.bytes / sizeof(T);
  std::vector<T> total(count, T(0));
  for (const void* from : sum.from)
    for (size_t i = 0; i < count; ++i) total[i] += static_cast<const T*>(from)[i];
  if (sum.operation == operation_average)
    for (T& value : total) value /= T(sum.ranks);
  for (void* to : sum.to) std::memcpy(to, total.data(), sum.bytes);
}

// The last rank that comes adds up.
int join(Sum& sum, const void* from, void* to) {
  std::lock_guard<std::mutex> guard(sum.lock);
  sum.from.push_back(from);
  sum.to.push_back(to);
  if (sum.from.size() < sum.ranks) return success;
  if (sum.type == type_f32) add_up<float>(sum);
  else if (sum.type == type_f64) add_up<double>(sum);
  else if (sum.type == type_i32) add_up<int>(sum);
  else return 4;  // ncclInvalidArgument
  sum.done = true;
  sum.changed.notify_all();
  return success;
}

}  // namespace

EXPORT const char* ncclGetErrorString(int) { return "an error of NCCL on the CPU"; }
EXPORT int ncclGetVersion(int* version) { *version = 22803; return success; }
EXPORT int ncclGetUniqueId(UniqueId* id) {
  static std::atomic<int> made{0};
  std::memset(id, 0, sizeof *id);
  std::snprintf(id->bytes, sizeof id->bytes, "%d", ++made);
  return success;
}
EXPORT int ncclCommInitRank(Communicator** communicator, int ranks, UniqueId id, int rank) {
  COUNTED;
  std::shared_ptr<Group> group;
  {
    std::lock_guard<std::mutex> guard(groups_lock);
    auto& place = groups[id.bytes];
    if (!place) place = std::make_shared<Group>();
    group = place;
  }
  std::unique_lock<std::mutex> guard(group->lock);
  group->ranks = ranks;
  ++group->joined;
  group->changed.notify_all();
  group->changed.wait(guard, [&] { return group->joined >= group->ranks; });
  *communicator = new Communicator{group, size_t(rank), 0};
  return success;
}
EXPORT int ncclCommDestroy(Communicator* communicator) { delete communicator; return success; }
EXPORT int ncclCommAbort(Communicator* communicator) { delete communicator; return success; }
EXPORT int ncclGroupStart() { return success; }
EXPORT int ncclGroupEnd() { return success; }
EXPORT int ncclAllReduce(const void* from, void* to, size_t count, int type, int operation, Communicator* communicator, Stream* stream) {
  COUNTED;
  std::shared_ptr<Sum> sum;
  {
    Group& group = *communicator->group;
    std::lock_guard<std::mutex> guard(group.lock);
    auto& place = group.sums[communicator->begun++];
    if (!place) {
      place = std::make_shared<Sum>();
      place->ranks = group.ranks;
      place->type = type;
      place->operation = operation;
      place->bytes = count * (type == type_f64 ? 8 : 4);
    }
    sum = place;
    if (sum->bytes != count * (type == type_f64 ? 8 : 4) || sum->type != type) {
      std::fprintf(stderr, "NCCL on the CPU: rank %zu adds up something else than the others\n", communicator->rank);
      std::abort();
    }
  }
  stream->last = sum;
  return join(*sum, from, to);
}
