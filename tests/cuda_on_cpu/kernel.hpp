// What a kernel that CubeCL writes in CUDA's C++ needs to be compiled for the CPU; included before the kernel's source.
#pragma once
#include <cmath>
#include <cstring>

#include "block.hpp"

// The source defines these itself, not as the C library does.
#define int8_t cuda_int8_t
#define int16_t cuda_int16_t
#define int32_t cuda_int32_t
#define int64_t cuda_int64_t
#define uint8_t cuda_uint8_t
#define uint16_t cuda_uint16_t
#define uint32_t cuda_uint32_t
#define uint64_t cuda_uint64_t

#define __global__
#define __device__
#define __host__
#define __grid_constant__
#define __launch_bounds__(...)
#define __align__(n) alignas(n)

namespace cuda_on_cpu {

static thread_local Block* block;

inline Unit& unit() { return block->units[block->current]; }
inline int lane() { return block->current % warp_size; }

// What the unit `from` of the own warp brings along; the own value if there is none, as on a GPU.
template <class T>
inline T exchange(T value, int from) {
  static_assert(sizeof(T) <= sizeof(Warp::values[0][0]));
  const int first = block->current / warp_size * warp_size;
  auto& values = block->warps[block->current / warp_size].values[unit().exchanges++ % 2];
  std::memcpy(values[lane()], &value, sizeof(T));
  block->wait(*block, State::at_warp_barrier);
  if (from < 0 || from >= warp_size || first + from >= block->count) return value;
  std::memcpy(&value, values[from], sizeof(T));
  return value;
}

// Calls a kernel with the parameters that were given for the launch.
template <class T> struct Value { using type = T; };
template <class T> struct Value<const T> { using type = T; };
template <size_t... I> struct Indices {};
template <size_t N, size_t... I> struct Count : Count<N - 1, N - 1, I...> {};
template <size_t... I> struct Count<0, I...> { using type = Indices<I...>; };

template <class... A, size_t... I>
inline void call(void (*kernel)(A...), void** parameters, Indices<I...>) {
  kernel(*static_cast<typename Value<A>::type*>(parameters[I])...);
}

template <class... A>
inline void call(void (*kernel)(A...)) {
  call(kernel, block->parameters, typename Count<sizeof...(A)>::type{});
}

}  // namespace cuda_on_cpu

#define threadIdx (cuda_on_cpu::unit().index)
#define blockIdx (cuda_on_cpu::block->index)
#define blockDim (cuda_on_cpu::block->block_size)
#define gridDim (cuda_on_cpu::block->grid_size)
#define warpSize (cuda_on_cpu::warp_size)

inline void __syncthreads() { cuda_on_cpu::block->wait(*cuda_on_cpu::block, cuda_on_cpu::State::at_block_barrier); }
inline void __syncwarp() { cuda_on_cpu::block->wait(*cuda_on_cpu::block, cuda_on_cpu::State::at_warp_barrier); }
inline void __threadfence() {}
inline unsigned __activemask() { return ~0u; }

template <class T> inline T __shfl_sync(unsigned, T value, unsigned from) { return cuda_on_cpu::exchange(value, int(from)); }
template <class T> inline T __shfl_xor_sync(unsigned, T value, unsigned mask) { return cuda_on_cpu::exchange(value, cuda_on_cpu::lane() ^ int(mask)); }
template <class T> inline T __shfl_up_sync(unsigned, T value, unsigned by) { return cuda_on_cpu::exchange(value, cuda_on_cpu::lane() - int(by)); }
template <class T> inline T __shfl_down_sync(unsigned, T value, unsigned by) { return cuda_on_cpu::exchange(value, cuda_on_cpu::lane() + int(by)); }

using std::isinf;
using std::isnan;

template <class T> inline T min(T a, T b) { return b < a ? b : a; }
template <class T> inline T max(T a, T b) { return a < b ? b : a; }
template <> inline float min(float a, float b) { return std::fmin(a, b); }
template <> inline float max(float a, float b) { return std::fmax(a, b); }
template <> inline double min(double a, double b) { return std::fmin(a, b); }
template <> inline double max(double a, double b) { return std::fmax(a, b); }
inline float min_nan(float a, float b) { return isnan(a) || isnan(b) ? NAN : std::fmin(a, b); }
inline float max_nan(float a, float b) { return isnan(a) || isnan(b) ? NAN : std::fmax(a, b); }
inline float rsqrt(float x) { return 1 / std::sqrt(x); }
inline double rsqrt(double x) { return 1 / std::sqrt(x); }

// Blocks run one after the other, so nothing else comes in between.
template <class T> inline T replace(const T* at, T value) { const T before = *at; *const_cast<T*>(at) = value; return before; }
template <class T> inline T atomic_add(const T* at, T value) { return replace(at, T(*at + value)); }
template <class T> inline T atomic_min(const T* at, T value) { return replace(at, min(*at, value)); }
template <class T> inline T atomic_max(const T* at, T value) { return replace(at, max(*at, value)); }

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __clz(int x) { return x ? __builtin_clz(x) : 32; }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __mulhi(int a, int b) { return int(static_cast<long long>(a) * b >> 32); }
inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned(static_cast<unsigned long long>(a) * b >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) { return static_cast<unsigned __int128>(a) * b >> 64; }
