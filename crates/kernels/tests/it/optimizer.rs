//! Steps of optimizers: the bits of one operation after another.

use burn::tensor::Tensor;
use resnet_kernels::{
    AdamW, Lars, Sgd, adamw_step, has_optimizer_steps, lamb_step, lars_step, sgd_step,
};

use crate::support::{assert_close, numbers, random, wide};

/// More than one task, and no whole vectors at the end.
const LENGTH: usize = 70_003;

fn values(seed: u32) -> Tensor<1> {
    random::<1>(seed, [LENGTH]).inner()
}

fn bits(tensor: Tensor<1>) -> Vec<u32> {
    numbers(tensor).into_iter().map(f32::to_bits).collect()
}

#[test]
fn steps_of_sgd_are_those_of_burns_operations() {
    for (nesterov, decay) in [(false, 0.0), (false, 1e-4), (true, 1e-4)] {
        let rule = Sgd { lr: 0.1, momentum: 0.9, nesterov, decay };
        let (mut ours, mut burns) = ((values(1), None), (values(1), None::<Tensor<1>>));
        for seed in 2..5 {
            let (weight, velocity) = sgd_step(ours.0, values(seed), ours.1, rule);
            ours = (weight, Some(velocity));
            let (w, g) = (burns.0, values(seed));
            let d = if decay > 0.0 { g + w.clone().mul_scalar(decay) } else { g };
            let v = burns.1.map_or(d.clone(), |v| v.mul_scalar(0.9) + d.clone());
            let direction = if nesterov { d + v.clone().mul_scalar(0.9) } else { v.clone() };
            burns = (w - direction.mul_scalar(0.1), Some(v));
        }
        assert_eq!(bits(ours.0), bits(burns.0), "nesterov {nesterov}, decay {decay}");
        assert_eq!(ours.1.map(bits), burns.1.map(bits), "nesterov {nesterov}, decay {decay}");
    }
}

#[test]
fn steps_of_adamw_are_those_of_burns_operations() {
    let (lr, beta1, beta2, eps, decay) = (1e-3, 0.9, 0.999, 1e-8, 0.05);
    let mut ours = (values(1), None);
    let (mut weight, mut means) = (values(1), None::<[Tensor<1>; 2]>);
    for step in 1..4 {
        let rule = AdamW { lr, betas: (beta1, beta2), eps, decay, step };
        let (moved, of_step) = adamw_step(ours.0, values(1 + step as u32), ours.1, rule);
        ours = (moved, Some(of_step));
        let g = values(1 + step as u32);
        let news = [g.clone().mul_scalar(1.0 - beta1), g.square().mul_scalar(1.0 - beta2)];
        let [m, v] = match means {
            None => news,
            Some([m, v]) => {
                let [new, new_square] = news;
                [m.mul_scalar(beta1) + new, v.mul_scalar(beta2) + new_square]
            }
        };
        let corrected = m.clone().div_scalar(1.0 - beta1.powi(step));
        let scale = v.clone().sqrt().div_scalar((1.0 - beta2.powi(step)).sqrt()).add_scalar(eps);
        let direction = corrected / scale + weight.clone().mul_scalar(decay);
        weight = weight - direction.mul_scalar(lr);
        means = Some([m, v]);
    }
    assert_eq!(bits(ours.0), bits(weight), "weight");
    assert_eq!(ours.1.map(|means| means.map(bits)), means.map(|means| means.map(bits)), "means");
}

fn length(tensor: &Tensor<1>) -> f64 {
    wide(&numbers(tensor.clone())).iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// A step of LAMB is that of AdamW, times the length of the weight over that of the step.
#[test]
fn steps_of_lamb_are_adamws_as_long_as_the_weight() {
    let (mut weight, mut means) = (values(1), None);
    for step in 1..4 {
        let rule = AdamW { lr: 1.0, betas: (0.9, 0.999), eps: 1e-6, decay: 0.05, step };
        let gradient = values(1 + step as u32);
        let (moved, adams) = adamw_step(weight.clone(), gradient.clone(), means.clone(), rule);
        let way = weight.clone() - moved;
        let trust = length(&weight) / length(&way);
        let expected = weight.clone() - way.mul_scalar(1e-2 * trust);
        let (ours, own) = lamb_step(weight, gradient, means, AdamW { lr: 1e-2, ..rule });
        assert_close(&numbers(ours.clone()), &wide(&numbers(expected)), 1e-6, "weight");
        assert_eq!(own.clone().map(bits), adams.map(bits), "means");
        (weight, means) = (ours, Some(own));
    }
}

#[test]
fn lamb_leaves_the_length_of_a_step_where_the_weight_has_none() {
    let rule = AdamW { lr: 1e-2, betas: (0.9, 0.999), eps: 1e-6, decay: 0.05, step: 1 };
    let zeros = || values(1).zeros_like();
    let (ours, _) = lamb_step(zeros(), values(2), None, rule);
    let (adams, _) = adamw_step(zeros(), values(2), None, rule);
    assert_eq!(bits(ours), bits(adams));
}

/// With LARS the decayed gradient is scaled before the momentum.
#[test]
fn steps_of_lars_are_those_of_burns_operations() {
    let rule = Lars { lr: 0.1, momentum: 0.9, decay: 1e-2, trust: 1e-3, eps: 1e-8 };
    let (mut ours, mut burns) = ((values(1), None), (values(1), None::<Tensor<1>>));
    for seed in 2..5 {
        let (weight, velocity) = lars_step(ours.0, values(seed), ours.1, rule);
        ours = (weight, Some(velocity));
        let (w, g) = (burns.0, values(seed));
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

#[test]
fn what_somebody_else_holds_stays_as_it_is() {
    let (weight, velocity, gradient) = (values(1), values(2), values(3));
    let kept = [weight.clone(), velocity.clone(), gradient.clone()];
    let rule = Sgd { lr: 0.1, momentum: 0.9, nesterov: false, decay: 1e-4 };
    let moved = sgd_step(weight, gradient, Some(velocity), rule);
    assert_eq!(kept.map(bits), [1, 2, 3].map(|seed| bits(values(seed))));
    assert_ne!(bits(moved.0), bits(values(1)));
}

#[test]
#[should_panic(expected = "as many numbers")]
fn a_gradient_of_another_parameter_is_refused() {
    let rule = Sgd { lr: 0.1, momentum: 0.9, nesterov: false, decay: 0.0 };
    assert!(has_optimizer_steps(&values(1)));
    drop(sgd_step(values(1), random::<1>(2, [3]).inner(), None, rule));
}
