//! Which of the processor's vectors the CPU's kernels use.

use std::sync::atomic::{AtomicU8, Ordering};

/// Vectors that the CPU's kernels are compiled for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Instructions {
    /// The widest that the processor has: AVX-512, AVX2 or what is portable on x86, Neon on Arm.
    #[default]
    Widest,
    /// At most AVX2 with fused multiplication.
    Avx2,
    /// Those that every processor of the architecture has.
    Portable,
}

static CHOSEN: AtomicU8 = AtomicU8::new(Instructions::Widest as u8);

/// Chooses narrower vectors than the processor has, for the whole process, to measure them or to test them.
/// Results differ by rounding. Call it before the first forward pass.
pub fn use_instructions(instructions: Instructions) {
    CHOSEN.store(instructions as u8, Ordering::Relaxed);
}

/// What was chosen.
#[must_use]
pub fn instructions_in_use() -> Instructions {
    let chosen = CHOSEN.load(Ordering::Relaxed);
    let all = [Instructions::Widest, Instructions::Avx2, Instructions::Portable];
    all[usize::from(chosen)]
}

/// Runs a kernel with the chosen vectors.
#[cfg(all(feature = "flex", target_arch = "x86_64"))]
#[inline(always)]
pub(crate) fn dispatch<K: pulp::WithSimd>(kernel: K) -> K::Output {
    use pulp::Simd;
    use pulp::x86::{V3, V4};

    let chosen = instructions_in_use();
    if let (Instructions::Widest, Some(avx512)) = (chosen, V4::try_new()) {
        return Simd::vectorize(avx512, kernel);
    }
    // `pulp::Arch` knows AVX2 only with a feature that would compile Burn's products anew.
    if let (Instructions::Widest | Instructions::Avx2, Some(avx2)) = (chosen, V3::try_new()) {
        return Simd::vectorize(avx2, kernel);
    }
    Simd::vectorize(pulp::Scalar, kernel)
}

/// Runs a kernel with the chosen vectors.
#[cfg(all(feature = "flex", not(target_arch = "x86_64")))]
#[inline(always)]
pub(crate) fn dispatch<K: pulp::WithSimd>(kernel: K) -> K::Output {
    match instructions_in_use() {
        Instructions::Widest => pulp::Arch::new().dispatch(kernel),
        Instructions::Avx2 | Instructions::Portable => pulp::Arch::Scalar.dispatch(kernel),
    }
}
