// Floating-point numbers of 16 bits: every operation is done in 32 bits and rounded.
#pragma once
#include <cmath>
#include <cstring>

namespace cuda_on_cpu {

inline float as_float(unsigned bits) { float value; std::memcpy(&value, &bits, sizeof value); return value; }
inline unsigned as_bits(float value) { unsigned bits; std::memcpy(&bits, &value, sizeof bits); return bits; }

struct Half {
  static float read(unsigned short bits) { _Float16 value; std::memcpy(&value, &bits, sizeof value); return value; }
  static unsigned short write(float value) { _Float16 rounded = value; unsigned short bits; std::memcpy(&bits, &rounded, sizeof bits); return bits; }
};

struct Bfloat {
  static float read(unsigned short bits) { return as_float(unsigned(bits) << 16); }
  static unsigned short write(float value) {
    const unsigned bits = as_bits(value);
    return value != value ? 0x7fff : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  }
};

template <class Format>
struct Small {
  unsigned short bits;
  Small() = default;
  Small(float value) : bits(Format::write(value)) {}
  Small(double value) : Small(float(value)) {}
  Small(int value) : Small(float(value)) {}
  Small(unsigned value) : Small(float(value)) {}
  Small(long long value) : Small(float(value)) {}
  Small(unsigned long long value) : Small(float(value)) {}
  Small(bool value) : Small(float(value)) {}
  operator float() const { return Format::read(bits); }
};

#define SMALL(op) template <class F> inline Small<F> operator op(Small<F> a, Small<F> b) { return float(a) op float(b); }
SMALL(+) SMALL(-) SMALL(*) SMALL(/)
#undef SMALL
#define SMALL(op) template <class F> inline bool operator op(Small<F> a, Small<F> b) { return float(a) op float(b); }
SMALL(==) SMALL(!=) SMALL(<) SMALL(>) SMALL(<=) SMALL(>=)
#undef SMALL
template <class F> inline Small<F> operator-(Small<F> a) { return -float(a); }

// Two side by side.
template <class F>
struct Pair { Small<F> x, y; };

#define SMALL(op) template <class F> inline Pair<F> operator op(Pair<F> a, Pair<F> b) { return {a.x op b.x, a.y op b.y}; }
SMALL(+) SMALL(-) SMALL(*) SMALL(/)
#undef SMALL
template <class F> inline Pair<F> operator-(Pair<F> a) { return {-a.x, -a.y}; }

#define SMALL(name, expression) \
  template <class F> inline Small<F> h##name(Small<F> a) { const float x = a; return expression; } \
  template <class F> inline Pair<F> h2##name(Pair<F> a) { return {h##name(a.x), h##name(a.y)}; }
SMALL(exp, std::exp(x)) SMALL(log, std::log(x)) SMALL(sqrt, std::sqrt(x)) SMALL(rsqrt, 1 / std::sqrt(x)) SMALL(sin, std::sin(x)) SMALL(cos, std::cos(x))
SMALL(ceil, std::ceil(x)) SMALL(floor, std::floor(x)) SMALL(trunc, std::trunc(x)) SMALL(rint, std::rint(x)) SMALL(tanh, std::tanh(x))
#undef SMALL

#define SMALL(name, expression) \
  template <class F> inline Small<F> __h##name(Small<F> a, Small<F> b) { const float x = a, y = b; return expression; } \
  template <class F> inline Pair<F> __h##name##2(Pair<F> a, Pair<F> b) { return {__h##name(a.x, b.x), __h##name(a.y, b.y)}; }
SMALL(min, std::fmin(x, y)) SMALL(max, std::fmax(x, y))
#undef SMALL
template <class F> inline Small<F> __hmin_nan(Small<F> a, Small<F> b) { return min_nan(a, b); }
template <class F> inline Small<F> __hmax_nan(Small<F> a, Small<F> b) { return max_nan(a, b); }
template <class F> inline Pair<F> __hmin2_nan(Pair<F> a, Pair<F> b) { return {__hmin_nan(a.x, b.x), __hmin_nan(a.y, b.y)}; }
template <class F> inline Pair<F> __hmax2_nan(Pair<F> a, Pair<F> b) { return {__hmax_nan(a.x, b.x), __hmax_nan(a.y, b.y)}; }
template <class F> inline Small<F> __habs(Small<F> a) { return std::fabs(float(a)); }
template <class F> inline Pair<F> __habs2(Pair<F> a) { return {__habs(a.x), __habs(a.y)}; }
template <class F> inline Small<F> __hfma(Small<F> a, Small<F> b, Small<F> c) { return std::fma(float(a), float(b), float(c)); }
template <class F> inline Pair<F> __hfma2(Pair<F> a, Pair<F> b, Pair<F> c) { return {__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)}; }
template <class F> inline bool __hisnan(Small<F> a) { return std::isnan(float(a)); }
template <class F> inline bool __hisinf(Small<F> a) { return std::isinf(float(a)); }

}  // namespace cuda_on_cpu

using namespace cuda_on_cpu;
