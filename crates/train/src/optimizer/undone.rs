//! Steps that were undone on the device, of which the host does not know.
//!
//! A running mean that starts at zero is divided by `1 - beta^t`, where `t` is the number of steps that it has
//! seen. The host counts those that were made; which of them were undone only the device knows.

use std::collections::BTreeMap;

use burn::tensor::{Bool, Device, Tensor};

use crate::device::is_host;
use crate::non_finite::choose;

/// How many steps were undone, `[1]` each, for parameters that began with the same step of the run.
#[derive(Debug, Clone, Default)]
pub(super) struct Undone(BTreeMap<i32, Tensor<1>>);

/// What a parameter's running mean and the root of its mean square are divided by, `[2]`, where only the device knows
/// it.
pub(super) type Corrections = Option<Tensor<1>>;

impl Undone {
    /// Steps that were undone of those that began with step `began` of the run; waits for the device.
    pub(super) fn count(&self, began: i32) -> i32 {
        self.0.get(&began).map_or(0, |count| count.clone().into_scalar::<f32>() as i32)
    }

    /// What was undone where the newest step is kept if `ok`, and else the state is that of `before`.
    pub(super) fn or_before(
        &mut self,
        ok: &Tensor<1, Bool>,
        before: &Self,
        all_began: impl Iterator<Item = i32>,
    ) {
        let zero = |device: &Device| Tensor::zeros([1], device);
        for began in all_began {
            let of =
                |counts: &Self| counts.0.get(&began).cloned().unwrap_or_else(|| zero(&ok.device()));
            // The host counts the newest step whatever becomes of it.
            let count = choose(ok, of(before).add_scalar(1.0), of(self));
            self.0.insert(began, count);
        }
    }

    /// For a parameter that began with step `began` of the run and has made `step` steps, this one included:
    /// how many of them its means have seen, or where nobody can say without waiting, their corrections.
    pub(super) fn corrections(
        &self,
        began: i32,
        step: i32,
        betas: (f64, f64),
    ) -> (i32, Corrections) {
        match self.0.get(&began) {
            None => (step, None),
            // In the host's memory there is nothing to wait for.
            Some(undone) if is_host(&undone.device()) => (step - self.count(began), None),
            Some(undone) => {
                let seen = undone.clone().neg().add_scalar(step);
                let of_root = correction(seen.clone(), betas.1).sqrt();
                (step, Some(Tensor::cat(vec![correction(seen, betas.0), of_root], 0)))
            }
        }
    }
}

/// `1 - beta^t` for a `t` on the device. The difference would lose most digits of `f32` where beta is near 1; with
/// `beta^t = e^-x` and `h = tanh(x / 2)` it is `2 h / (1 + h)`.
fn correction(t: Tensor<1>, beta: f64) -> Tensor<1> {
    // No beta, no memory: a very small one is the same without being infinite on the way.
    let half = -0.5 * beta.max(1e-30).ln();
    let h = t.mul_scalar(half).clamp_max(20.0).tanh();
    h.clone().mul_scalar(2.0) / h.add_scalar(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_on_the_device_are_those_of_the_host() {
        for beta in [0.0, 0.5, 0.9, 0.95, 0.999, 0.99999] {
            for t in [1, 2, 3, 10, 100, 1000, 100_000, 10_000_000] {
                let seen = Tensor::full([1], f64::from(t), &Device::flex());
                let got = f64::from(correction(seen, beta).into_scalar::<f32>());
                let expected = 1.0 - beta.powi(t);
                assert!((got / expected - 1.0).abs() < 1e-6, "{beta}^{t}: {got}, not {expected}");
            }
        }
    }

    #[test]
    fn a_step_that_is_undone_twice_counts_once() {
        let device = Device::flex();
        let ok = |ok: bool| Tensor::<1, Bool>::from_data([ok], &device);
        let before = Undone::default();
        let mut undone = Undone::default();
        // By the scale of the loss, and by the guard around it.
        undone.or_before(&ok(false), &before, [1].into_iter());
        undone.or_before(&ok(false), &before, [1].into_iter());
        assert_eq!((undone.count(1), undone.count(7)), (1, 0));
        let before = undone.clone();
        undone.or_before(&ok(true), &before, [1, 7].into_iter());
        assert_eq!((undone.count(1), undone.count(7)), (1, 0));
        assert_eq!(undone.corrections(1, 3, (0.9, 0.999)).0, 2);
    }
}
