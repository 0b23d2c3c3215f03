//! Steps of optimizers: the bits of one operation after another.

use burn::tensor::{Device, Tensor};
use resnet_kernels::{
    AdamW, Lars, Sgd, adamw_step, has_optimizer_steps, lamb_step, lars_step, sgd_step,
};

use crate::support::{assert_close, numbers, random_on, wide};

/// More than one task, and no whole vectors at the end.
const LENGTH: usize = 70_003;

/// Who computes a step.
#[derive(Debug, Clone, Copy)]
pub(crate) enum By {
    Kernel,
    Burn,
}

/// Where, and how many numbers. Every step has other gradients.
pub(crate) type Place<'a> = (&'a Device, usize);

fn values((device, length): Place, seed: u32) -> Tensor<1> {
    random_on::<1>(device, seed, [length])
}

/// Weight and velocity after three steps.
pub(crate) fn sgd(place: Place, rule: Sgd, by: By) -> [Tensor<1>; 2] {
    let (mut weight, mut velocity) = (values(place, 1), None);
    for seed in 2..5 {
        let step = match by {
            By::Kernel => sgd_step,
            By::Burn => burns_sgd,
        };
        let (moved, remembered) = step(weight, values(place, seed), velocity, rule);
        (weight, velocity) = (moved, Some(remembered));
    }
    [weight, velocity.expect("three steps")]
}

fn burns_sgd(
    weight: Tensor<1>,
    gradient: Tensor<1>,
    velocity: Option<Tensor<1>>,
    Sgd { lr, momentum, nesterov, decay }: Sgd,
) -> (Tensor<1>, Tensor<1>) {
    let d = if decay > 0.0 { gradient + weight.clone().mul_scalar(decay) } else { gradient };
    let velocity = velocity.map_or(d.clone(), |v| v.mul_scalar(momentum) + d.clone());
    let ahead = || d + velocity.clone().mul_scalar(momentum);
    let direction = if nesterov { ahead() } else { velocity.clone() };
    (weight - direction.mul_scalar(lr), velocity)
}

/// Weight, mean and mean square after three steps; `rule` is of the first.
pub(crate) fn adamw(place: Place, rule: AdamW, by: By) -> [Tensor<1>; 3] {
    let (mut weight, mut means) = (values(place, 1), None);
    for step in 1..4 {
        let of_step = match by {
            By::Kernel => adamw_step,
            By::Burn => burns_adamw,
        };
        let gradient = values(place, 1 + step as u32);
        let (moved, remembered) = of_step(weight, gradient, means, None, AdamW { step, ..rule });
        (weight, means) = (moved, Some(remembered));
    }
    let [mean, square] = means.expect("three steps");
    [weight, mean, square]
}

fn burns_adamw(
    weight: Tensor<1>,
    g: Tensor<1>,
    means: Option<[Tensor<1>; 2]>,
    _corrections: Option<Tensor<1>>,
    AdamW { lr, betas: (beta1, beta2), eps, decay, step }: AdamW,
) -> (Tensor<1>, [Tensor<1>; 2]) {
    let [new, new_square] = [g.clone().mul_scalar(1.0 - beta1), g.square().mul_scalar(1.0 - beta2)];
    let (m, v) = match means {
        None => (new, new_square),
        Some([m, v]) => (m.mul_scalar(beta1) + new, v.mul_scalar(beta2) + new_square),
    };
    let corrected = m.clone().div_scalar(1.0 - beta1.powi(step));
    let scale = v.clone().sqrt().div_scalar((1.0 - beta2.powi(step)).sqrt()).add_scalar(eps);
    let direction = corrected / scale + weight.clone().mul_scalar(decay);
    (weight - direction.mul_scalar(lr), [m, v])
}

pub(crate) const SGD_RULES: [Sgd; 3] = {
    let plain = Sgd { lr: 0.1, momentum: 0.9, nesterov: false, decay: 0.0 };
    [plain, Sgd { decay: 1e-4, ..plain }, Sgd { decay: 1e-4, nesterov: true, ..plain }]
};

pub(crate) const ADAMW: AdamW =
    AdamW { lr: 1e-3, betas: (0.9, 0.999), eps: 1e-8, decay: 0.05, step: 1 };

const LARS: Lars = Lars { lr: 0.1, momentum: 0.9, decay: 1e-2, trust: 1e-3, eps: 1e-8 };

fn bits(tensor: Tensor<1>) -> Vec<u32> {
    numbers(tensor).into_iter().map(f32::to_bits).collect()
}

#[test]
fn steps_of_sgd_are_those_of_burns_operations() {
    let cpu = Device::flex();
    for rule in SGD_RULES {
        let [ours, burns] = [By::Kernel, By::Burn].map(|by| sgd((&cpu, LENGTH), rule, by));
        assert_eq!(ours.map(bits), burns.map(bits), "{rule:?}");
    }
}

#[test]
fn steps_of_adamw_are_those_of_burns_operations() {
    let cpu = Device::flex();
    let [ours, burns] = [By::Kernel, By::Burn].map(|by| adamw((&cpu, LENGTH), ADAMW, by));
    assert_eq!(ours.map(bits), burns.map(bits));
}

fn on_cpu(seed: u32) -> Tensor<1> {
    values((&Device::flex(), LENGTH), seed)
}

fn length(tensor: &Tensor<1>) -> f64 {
    wide(&numbers(tensor.clone())).iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// A step of LAMB is that of AdamW, times the length of the weight over that of the step.
#[test]
fn steps_of_lamb_are_adamws_as_long_as_the_weight() {
    let (mut weight, mut means) = (on_cpu(1), None);
    for step in 1..4 {
        let rule = AdamW { lr: 1.0, betas: (0.9, 0.999), eps: 1e-6, decay: 0.05, step };
        let gradient = on_cpu(1 + step as u32);
        let (moved, adams) =
            adamw_step(weight.clone(), gradient.clone(), means.clone(), None, rule);
        let way = weight.clone() - moved;
        let trust = length(&weight) / length(&way);
        let expected = weight.clone() - way.mul_scalar(1e-2 * trust);
        let (ours, own) = lamb_step(weight, gradient, means, None, AdamW { lr: 1e-2, ..rule });
        assert_close(&numbers(ours.clone()), &wide(&numbers(expected)), 1e-6, "weight");
        assert_eq!(own.clone().map(bits), adams.map(bits), "means");
        (weight, means) = (ours, Some(own));
    }
}

#[test]
fn lamb_leaves_the_length_of_a_step_where_the_weight_has_none() {
    let rule = AdamW { lr: 1e-2, betas: (0.9, 0.999), eps: 1e-6, decay: 0.05, step: 1 };
    let zeros = || on_cpu(1).zeros_like();
    let (ours, _) = lamb_step(zeros(), on_cpu(2), None, None, rule);
    let (adams, _) = adamw_step(zeros(), on_cpu(2), None, None, rule);
    assert_eq!(bits(ours), bits(adams));
}

/// With LARS the decayed gradient is scaled before the momentum.
#[test]
fn steps_of_lars_are_those_of_burns_operations() {
    let rule = LARS;
    let (mut ours, mut burns) = ((on_cpu(1), None), (on_cpu(1), None::<Tensor<1>>));
    for seed in 2..5 {
        let (weight, velocity) = lars_step(ours.0, on_cpu(seed), ours.1, rule);
        ours = (weight, Some(velocity));
        let (w, g) = (burns.0, on_cpu(seed));
        let whole = length(&g) + rule.decay * length(&w) + rule.eps;
        let scale = rule.trust * length(&w) / whole;
        let d = (g + w.clone().mul_scalar(rule.decay)).mul_scalar(scale);
        let v = burns.1.map_or(d.clone(), |v| v.mul_scalar(0.9) + d);
        burns = (w - v.clone().mul_scalar(0.1), Some(v));
    }
    assert_close(&numbers(ours.0), &wide(&numbers(burns.0)), 1e-6, "weight");
    let [ours, burns] = [ours.1, burns.1].map(|v| numbers(v.expect("a velocity")));
    assert_close(&ours, &wide(&burns), 1e-6, "velocity");
}

/// Weight, mean and mean square after a step of AdamW and one of LAMB that follow `correct`.
pub(crate) fn corrected(place: Place, correct: Correct) -> [Tensor<1>; 3] {
    let (step, weight, gradient) = (7, values(place, 1), values(place, 2));
    let rule = AdamW { step, ..ADAMW };
    let of_step = |beta: f64| 1.0 - beta.powi(step);
    let known = [of_step(rule.betas.0) as f32, of_step(rule.betas.1).sqrt() as f32];
    let (corrections, rule) = match correct {
        Correct::ByStep => (None, rule),
        Correct::OnDevice => (Some(Tensor::from_data(known, place.0)), AdamW { step: 1, ..rule }),
    };
    let (weight, means) = adamw_step(weight, gradient.clone(), None, corrections.clone(), rule);
    let (weight, [mean, square]) = lamb_step(weight, gradient, Some(means), corrections, rule);
    [weight, mean, square]
}

/// Who knows how many steps the means have seen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Correct {
    ByStep,
    OnDevice,
}

#[test]
fn corrections_of_the_device_are_taken_for_those_of_the_step() {
    let cpu = Device::flex();
    let [by_step, on_device] = [Correct::ByStep, Correct::OnDevice]
        .map(|correct| corrected((&cpu, LENGTH), correct).map(bits));
    assert_eq!(by_step, on_device);
}

/// Weight and what is remembered after three steps of LARS and of LAMB.
#[cfg(feature = "wgpu")]
pub(crate) fn as_long_as_the_weight(place: Place) -> [Tensor<1>; 5] {
    let (mut lars, mut lamb) = ((values(place, 1), None), (values(place, 1), None));
    for step in 1..4 {
        let gradient = values(place, 1 + step as u32);
        let (weight, velocity) = lars_step(lars.0, gradient.clone(), lars.1, LARS);
        lars = (weight, Some(velocity));
        let rule = AdamW { step, ..ADAMW };
        let (weight, means) = lamb_step(lamb.0, gradient, lamb.1, None, rule);
        lamb = (weight, Some(means));
    }
    let [mean, square] = lamb.1.expect("three steps");
    [lars.0, lars.1.expect("three steps"), lamb.0, mean, square]
}

/// That a step moves the weight and leaves what it was made from as it is.
pub(crate) fn moves_copies_only(place: Place) {
    let made = [1, 2, 3].map(|seed| values(place, seed));
    let [weight, velocity, gradient] = made.clone();
    let (weight, _velocity) = sgd_step(weight, gradient, Some(velocity), SGD_RULES[1]);
    assert_eq!(made.map(bits), [1, 2, 3].map(|seed| bits(values(place, seed))));
    assert_ne!(bits(weight), bits(values(place, 1)));
}

#[test]
fn what_somebody_else_holds_stays_as_it_is() {
    moves_copies_only((&Device::flex(), LENGTH));
}

#[test]
#[should_panic(expected = "as many numbers")]
fn a_gradient_of_another_parameter_is_refused() {
    let cpu = Device::flex();
    let (weight, gradient) = (values((&cpu, 5), 1), values((&cpu, 3), 2));
    assert!(has_optimizer_steps(&weight));
    drop(sgd_step(weight, gradient, None, SGD_RULES[0]));
}
