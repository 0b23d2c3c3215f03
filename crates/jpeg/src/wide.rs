//! Wider instructions where the processor has them.

/// Whether and how wider instructions are used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wide {
    #[cfg(target_arch = "x86_64")]
    simd: Option<pulp::x86::V3>,
}

/// Something that is worth wider instructions.
///
/// `run` and whatever it calls must be `#[inline(always)]`, to be compiled for them as well. Closures
/// cannot have that attribute, and so are avoided.
pub(crate) trait Work {
    type Output;

    fn run(self) -> Self::Output;
}

impl Wide {
    /// What this processor has.
    pub(crate) fn detect() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            simd: pulp::x86::V3::try_new(),
        }
    }

    /// Nothing beyond what every processor of the architecture has.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            simd: None,
        }
    }

    /// AVX2, if the processor has it.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(crate) fn avx2(self) -> Option<pulp::x86::V3> {
        self.simd
    }

    /// Does the work, compiled for the wider instructions.
    #[inline(always)]
    pub(crate) fn run<W: Work>(self, work: W) -> W::Output {
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = self.simd {
            return simd.vectorize(Vectorized(work));
        }
        work.run()
    }
}

#[cfg(target_arch = "x86_64")]
struct Vectorized<W>(W);

#[cfg(target_arch = "x86_64")]
impl<W: Work> pulp::NullaryFnOnce for Vectorized<W> {
    type Output = W::Output;

    #[inline(always)]
    fn call(self) -> W::Output {
        self.0.run()
    }
}
