//! Steps of AdamW and LAMB, as those of [`optimizer`](super::optimizer).

use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;

use super::device::adam::{self as device, AdamNumbersLaunch, MeanNumbersLaunch};
use super::lengths::Squares;
use super::optimizer::{vectors, writable, zeros_like};
use super::table::{cube, cubes};
use crate::rules::{AdamW, OfMeans};

/// What a step reads and writes.
struct Step {
    weight: CubeTensor,
    gradient: CubeTensor,
    mean: CubeTensor,
    square: CubeTensor,
    /// Instead of those of the rule, `[2]`.
    corrections: Option<CubeTensor>,
    rule: AdamW,
}

/// Weight, mean and mean square.
pub(super) fn with_means(
    weight: CubeTensor,
    gradient: CubeTensor,
    means: [Option<CubeTensor>; 2],
    corrections: Option<CubeTensor>,
    rule: OfMeans,
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let [mean, square] = means.map(|mean| writable(mean.unwrap_or_else(|| zeros_like(&weight))));
    let (weight, gradient) = (writable(weight), into_contiguous(gradient));
    let (OfMeans::AdamW(numbers) | OfMeans::Lamb(numbers)) = rule;
    let step = Step { weight, gradient, mean, square, corrections, rule: numbers };
    match rule {
        OfMeans::AdamW(_) => step.adamw(),
        OfMeans::Lamb(_) => step.lamb(),
    }
    (step.weight, step.mean, step.square)
}

impl Step {
    fn adamw(&self) {
        let (vector, count) = vectors(&self.weight);
        device::adamw::launch(
            &self.weight.client,
            cubes(count),
            cube(),
            vector,
            self.weight.clone().into_tensor_arg(),
            self.gradient.clone().into_tensor_arg(),
            self.mean.clone().into_tensor_arg(),
            self.square.clone().into_tensor_arg(),
            self.corrections().into_tensor_arg(),
            numbers(self.rule),
            count,
            self.corrections.is_some(),
        );
    }

    fn lamb(&self) {
        let lengths = self.lamb_means();
        let (vector, count) = vectors(&self.weight);
        device::lamb_weights::launch(
            &self.weight.client,
            cubes(count),
            cube(),
            vector,
            self.weight.clone().into_tensor_arg(),
            self.mean.clone().into_tensor_arg(),
            self.square.clone().into_tensor_arg(),
            self.corrections().into_tensor_arg(),
            lengths.into_tensor_arg(),
            numbers(self.rule),
            count,
            self.corrections.is_some(),
        );
    }

    /// Moves the means; the lengths of weight and direction, `[2]`.
    fn lamb_means(&self) -> CubeTensor {
        let squares = Squares::new(&self.weight);
        let (vector, count) = vectors(&self.weight);
        let [of_weight, of_step] = &squares.sums;
        device::lamb_means::launch(
            &self.weight.client,
            squares.shares.cube_count(),
            squares.shares.cube_dim(),
            vector,
            self.weight.clone().into_tensor_arg(),
            self.gradient.clone().into_tensor_arg(),
            self.mean.clone().into_tensor_arg(),
            self.square.clone().into_tensor_arg(),
            self.corrections().into_tensor_arg(),
            of_weight.clone().into_tensor_arg(),
            of_step.clone().into_tensor_arg(),
            numbers(self.rule),
            count,
            self.corrections.is_some(),
        );
        squares.lengths()
    }

    /// A kernel's buffer is there even if it is not read.
    fn corrections(&self) -> CubeTensor {
        self.corrections.as_ref().unwrap_or(&self.gradient).clone()
    }
}

/// In f64 until they are final, as Burn's operations have them.
fn numbers(rule: AdamW) -> AdamNumbersLaunch {
    let AdamW { lr, betas: (beta1, beta2), eps, decay, step } = rule;
    let [lr, decay, eps] = [lr, decay, eps].map(|number| number as f32);
    let mean = |beta: f64, whole: f64| {
        MeanNumbersLaunch::new(beta as f32, (1.0 - beta) as f32, whole as f32)
    };
    let mean_square = mean(beta2, (1.0 - beta2.powi(step)).sqrt());
    AdamNumbersLaunch::new(lr, decay, eps, mean(beta1, 1.0 - beta1.powi(step)), mean_square)
}
