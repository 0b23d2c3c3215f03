// CUDA without a GPU: the functions of NVIDIA's driver that CubeCL calls, on the CPU. Kernels are compiled by g++ from the C++ that CubeCL writes
// (nvrtc.cpp) and run unit by unit (runner.cpp): slow, but what a program asks of CUDA happens. For tests alone.
//
// CUDA_ON_CPU_DEVICES    how many GPUs there are; 1
// CUDA_ON_CPU_MEMORY     how many bytes each has; 8 GiB
// CUDA_ON_CPU_FAULT      what the driver does when it is called first: hang, abort, or the number of an error
// CUDA_ON_CPU_COUNTS     a file to which the number of calls of each kind is written at the end
#include "driver.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "runner.hpp"

using namespace cuda_on_cpu;

Counts cuda_on_cpu::counts;

namespace {

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
  auto enter = reinterpret_cast<void (*)(Block*)>(dlsym(module, "cuda_on_cpu_enter"));
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
  run(*kernel, grid, {x, y, z}, shared_bytes, parameters);
  return success;
}
