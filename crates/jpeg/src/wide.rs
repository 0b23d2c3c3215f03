//! Wider instructions where the processor has them.

/// Whether and how wider instructions are used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wide {
    #[cfg(target_arch = "x86_64")]
    simd: Option<pulp::x86::V3>,
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

    /// Runs `work`, compiled for the wider instructions. What it calls must be inlined into it.
    #[inline(always)]
    pub(crate) fn run<R>(self, work: impl FnOnce() -> R) -> R {
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = self.simd {
            return pulp::Simd::vectorize(simd, work);
        }
        work()
    }
}
