//! Training with 16-bit floats: images in, and a loss that no gradient is too small for.

use burn::tensor::{Bool, DType, Device, FloatDType, Tensor};
use resnet_models::read_back;
use resnet_models::tensors::TensorMap;
use resnet_recipe::Precision;

use crate::gradients::GradientMap;
use crate::non_finite::{all_finite, choose};

/// The type of images, and with it that of all convolutions.
pub(crate) fn float_type(precision: Precision) -> FloatDType {
    match precision {
        Precision::F32 => FloatDType::F32,
        Precision::Bf16 => FloatDType::BF16,
        Precision::F16 => FloatDType::F16,
    }
}

/// Whether `device` computes with it.
pub(crate) fn is_supported(precision: Precision, device: &Device) -> bool {
    device.supports_dtype(DType::from(float_type(precision)))
}

/// Of torch's `GradScaler`.
const FIRST: f32 = 65_536.0;
const GROWTH: f64 = 2.0;
const BACKOFF: f64 = 0.5;
const STEPS_TO_GROWTH: f64 = 2000.0;

const SCALE: &str = "loss_scale/scale";
const GOOD_STEPS: &str = "loss_scale/good_steps";

/// The factor of the loss, as torch's `GradScaler` finds it: half of it after gradients that are
/// infinite or not a number, twice as much after 2000 steps without. It stays on the device: nothing
/// is read back.
#[derive(Debug, Clone)]
pub struct LossScale {
    scale: Tensor<1>,
    good_steps: Tensor<1>,
}

impl LossScale {
    /// Before the first step.
    #[must_use]
    pub fn new(device: &Device) -> Self {
        Self { scale: Tensor::from_data([FIRST], device), good_steps: Tensor::zeros([1], device) }
    }

    /// The loss `[1]`, on the autodiff side, times the factor.
    #[must_use]
    pub fn apply(&self, loss: Tensor<1>) -> Tensor<1> {
        loss * Tensor::from_inner(self.scale.clone())
    }

    /// Gradients of such a loss as if it had not been scaled, and whether all are finite, `[1]`.
    #[must_use]
    pub fn undo(&self, gradients: GradientMap) -> (GradientMap, Tensor<1, Bool>) {
        let gradients = gradients.scaled(&self.scale.clone().recip());
        let finite = all_finite(gradients.values());
        (gradients, finite)
    }

    /// The factor for the next step.
    #[must_use]
    pub fn updated(self, finite: &Tensor<1, Bool>) -> Self {
        let good_steps = self.good_steps.add_scalar(1.0);
        let due = good_steps.clone().greater_equal_elem(STEPS_TO_GROWTH);
        let grown = choose(&due, self.scale.clone(), self.scale.clone().mul_scalar(GROWTH));
        let none = good_steps.zeros_like();
        let good_steps = choose(&due, good_steps, none.clone());
        Self {
            scale: choose(finite, self.scale.mul_scalar(BACKOFF), grown),
            good_steps: choose(finite, none, good_steps),
        }
    }

    /// The factor, read back from the device.
    #[must_use]
    pub fn factor(&self) -> f32 {
        self.scale.clone().into_scalar()
    }

    /// What a checkpoint holds of it.
    #[must_use]
    pub fn state(&self) -> TensorMap {
        let tensors = [(SCALE, &self.scale), (GOOD_STEPS, &self.good_steps)];
        tensors.map(|(name, tensor)| (name.to_owned(), read_back(tensor.clone()))).into()
    }

    /// Whether the tensor `name` beside an optimizer's state is of a factor's.
    pub(crate) fn owns(name: &str) -> bool {
        [SCALE, GOOD_STEPS].contains(&name)
    }

    /// Takes the state of a checkpoint out of `state`, if it is there.
    pub fn load_state(&mut self, state: &mut TensorMap, device: &Device) {
        let mut load = |name: &str, place: &mut Tensor<1>| {
            if let Some(data) = state.remove(name) {
                *place = Tensor::from_data(data, device);
            }
        };
        load(SCALE, &mut self.scale);
        load(GOOD_STEPS, &mut self.good_steps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(scale: LossScale, finite: bool) -> LossScale {
        scale.updated(&Tensor::<1, Bool>::from_data([finite], &Device::flex()))
    }

    /// torch 2.11: `GradScaler` fed with 1999 good steps, one more, one overflow.
    #[test]
    fn the_factor_doubles_after_2000_good_steps_and_halves_after_a_bad_one() {
        let mut scale = LossScale::new(&Device::flex());
        for _ in 0..1999 {
            scale = after(scale, true);
        }
        assert_eq!(scale.factor(), 65_536.0);
        scale = after(scale, true);
        assert_eq!(scale.factor(), 131_072.0);
        scale = after(after(scale, true), false);
        assert_eq!(scale.factor(), 65_536.0);
        // A bad step starts the count again.
        assert_eq!(scale.good_steps.clone().into_scalar::<f32>(), 0.0);
    }

    #[test]
    fn gradients_come_back_as_they_were_and_infinite_ones_are_noticed() {
        let device = Device::flex();
        let scale = LossScale::new(&device);
        let undone = |values: [f32; 2]| {
            let mut gradients = GradientMap::default();
            gradients.insert("weight", Tensor::from_data(values, &device));
            let (mut gradients, finite) = scale.undo(gradients);
            let gradient = gradients.remove("weight").expect("inserted");
            (gradient.into_data().iter::<f32>().collect::<Vec<_>>(), finite.into_scalar::<bool>())
        };
        assert_eq!(undone([65_536.0, 0.5]), (vec![1.0, 0.5 / 65_536.0], true));
        assert!(!undone([f32::INFINITY, 1.0]).1);
    }

    #[test]
    fn its_state_survives_a_checkpoint() {
        let device = Device::flex();
        let scale = after(after(LossScale::new(&device), true), false);
        let mut loaded = LossScale::new(&device);
        loaded.load_state(&mut scale.state(), &device);
        assert_eq!(loaded.state(), scale.state());
        assert_eq!(loaded.factor(), 32_768.0);
    }
}
