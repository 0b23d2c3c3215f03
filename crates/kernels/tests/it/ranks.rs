//! Batch normalisation among ranks: together they compute what one computes with all of the batch.

use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use burn::tensor::{FloatDType, Tensor};
use resnet_kernels::{Normalised, SumOverRanks, batch_norm_among, batch_norm_train};

use crate::support::{assert_close, numbers, random, wide};

const EPSILON: f64 = 1e-5;

/// Threads that add up what they bring, one after another.
#[derive(Debug)]
struct Threads {
    turn: Barrier,
    sums: Mutex<Vec<f64>>,
}

impl Threads {
    fn new(ranks: usize) -> Arc<Self> {
        Arc::new(Self { turn: Barrier::new(ranks), sums: Mutex::default() })
    }
}

impl SumOverRanks for Threads {
    fn sum(&self, values: &mut [f64]) {
        let lock = || self.sums.lock().expect("no rank panicked");
        if self.turn.wait().is_leader() {
            *lock() = vec![0.0; values.len()];
        }
        self.turn.wait();
        lock().iter_mut().zip(&*values).for_each(|(sum, value)| *sum += value);
        self.turn.wait();
        values.copy_from_slice(&lock());
        self.turn.wait();
    }
}

const SHAPE: [usize; 4] = [4, 5, 3, 3];

/// Everything that normalisation makes of images `from..to` of a batch, each flattened.
fn run(
    [from, to]: [usize; 2],
    (with_residual, with_relu): (bool, bool),
    normalise: impl Fn(Tensor<4>, (Tensor<1>, Tensor<1>), Option<Tensor<4>>, bool) -> Normalised,
) -> Vec<(&'static str, Vec<f32>)> {
    let part = |seed| (random(seed, SHAPE).narrow(0, from, to - from)).detach();
    let x = (part(1) + 3.0).detach().require_grad();
    let gamma = (random(2, [SHAPE[1]]) + 1.0).detach().require_grad();
    let beta = random(3, [SHAPE[1]]).require_grad();
    let residual = part(4).require_grad();
    let added = with_residual.then(|| residual.clone());
    let done = normalise(x.clone(), (gamma.clone(), beta.clone()), added, with_relu);
    let gradients = (done.output.clone() * part(5)).sum().backward();
    let gradient = |x: Option<Tensor<4>>| x.map_or_else(Vec::new, numbers);
    let of_channel = |x: Option<Tensor<1>>| numbers(x.expect("a gradient"));
    vec![
        ("y", numbers(done.output)),
        ("dx", gradient(x.grad(&gradients))),
        ("dresidual", gradient(residual.grad(&gradients))),
        ("dgamma", of_channel(gamma.grad(&gradients))),
        ("dbeta", of_channel(beta.grad(&gradients))),
        ("mean", numbers(done.mean)),
        ("variance", numbers(done.variance)),
        ("count", vec![done.count as f32]),
    ]
}

/// What `parts` of the batch make together.
fn together(parts: &[[usize; 2]], kind: (bool, bool)) -> Vec<(&'static str, Vec<f32>)> {
    let ranks: Arc<dyn SumOverRanks> = Threads::new(parts.len());
    let of_parts = thread::scope(|scope| {
        let work = |&part: &[usize; 2]| {
            let ranks = Arc::clone(&ranks);
            scope.spawn(move || {
                run(part, kind, |x, affine, residual, relu| {
                    batch_norm_among(&ranks, x, affine, residual, relu, EPSILON)
                })
            })
        };
        let threads: Vec<_> = parts.iter().map(work).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
    });
    let of_parts = of_parts.into_iter().reduce(|mut all, part| {
        for ((name, all), (_, part)) in all.iter_mut().zip(part) {
            match *name {
                "y" | "dx" | "dresidual" => all.extend(part),
                "dgamma" | "dbeta" => all.iter_mut().zip(part).for_each(|(sum, x)| *sum += x),
                _ => assert_eq!(*all, part, "{name} is the same on all ranks"),
            }
        }
        all
    });
    of_parts.expect("there are parts")
}

#[test]
fn ranks_compute_what_one_computes_with_the_whole_batch() {
    for kind in [(false, false), (false, true), (true, true), (true, false)] {
        let alone = run([0, 4], kind, |x, affine, residual, relu| {
            batch_norm_train(x, affine, residual, relu, EPSILON)
        });
        // Parts need not be of one size.
        for parts in [&[[0, 2], [2, 4]][..], &[[0, 1], [1, 2], [2, 4]], &[[0, 4]]] {
            for ((name, found), (_, expected)) in together(parts, kind).iter().zip(&alone) {
                assert_close(found, &wide(expected), 2e-6, &format!("{parts:?} {kind:?} {name}"));
            }
        }
    }
}

#[test]
fn images_of_16_bits_keep_their_type() {
    let ranks: Arc<dyn SumOverRanks> = Threads::new(1);
    let (x, affine) = (random(1, SHAPE), (random(2, [5]), random(3, [5])));
    let low = x.clone().cast(FloatDType::BF16);
    let done = batch_norm_among(&ranks, low.clone(), affine.clone(), None, true, EPSILON);
    assert_eq!(done.output.dtype(), low.dtype());
    let expected = numbers(batch_norm_train(x, affine, None, true, EPSILON).output);
    let found = numbers(done.output.cast(FloatDType::F32));
    assert_close(&found, &wide(&expected), 0.02, "bf16");
}
