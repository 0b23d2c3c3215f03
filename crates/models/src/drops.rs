//! What is left out at random while training: whole branches (stochastic depth) and features
//! (dropout).

use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::precision::like;

/// The random choices of one training step.
///
/// They are drawn on the host from the run's seed and the number of the step, so that a step makes
/// the same choices on every device, and again when a run goes on from a checkpoint.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use resnet_models::{Drops, ResNetConfig};
///
/// let device = Device::flex().autodiff();
/// let model = ResNetConfig::resnet18().with_stochastic_depth(0.1).init(0, &device);
/// let images = Tensor::zeros([2, 3, 64, 64], &device);
/// let (seed, step) = (7, 1200);
/// let logits = model.forward_train(images, &mut Drops::new(seed, step));
/// assert_eq!(logits.dims(), [2, 1000]);
/// ```
#[derive(Debug, Clone)]
pub struct Drops {
    rng: ChaCha8Rng,
    /// Which of how many ranks.
    rank: (usize, usize),
}

impl Drops {
    /// The choices of step `step` of a run with this seed.
    #[must_use]
    pub fn new(seed: u64, step: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(step);
        Self { rng, rank: (0, 1) }
    }

    /// Those for rank `rank` of `ranks` that share a batch, of which it has every `ranks`-th image: together
    /// they make the choices that one makes for the whole batch.
    #[must_use]
    pub fn of_rank(self, rank: usize, ranks: usize) -> Self {
        Self { rank: (rank, ranks), ..self }
    }

    /// Sets each image of `[b, c, h, w]` to zero with probability `rate` and scales the others so
    /// that the mean stays ([Huang et al. 2016](https://arxiv.org/abs/1603.09382), scaled as in
    /// timm's `drop_path`).
    #[must_use]
    pub fn images(&mut self, x_bchw: Tensor<4>, rate: f64) -> Tensor<4> {
        if rate == 0.0 {
            return x_bchw;
        }
        let b = x_bchw.dims()[0];
        let kept = self.kept([b, 1], rate, &x_bchw.device());
        let kept = like(kept.reshape([b, 1, 1, 1]), &x_bchw);
        x_bchw * kept
    }

    /// Sets each value of `[b, c]` to zero with probability `rate` and scales the others
    /// ([Srivastava et al. 2014](https://jmlr.org/papers/v15/srivastava14a.html)).
    #[must_use]
    pub fn features(&mut self, x_bc: Tensor<2>, rate: f64) -> Tensor<2> {
        if rate == 0.0 {
            return x_bc;
        }
        let [b, c] = x_bc.dims();
        let kept = self.kept([b, c], rate, &x_bc.device());
        x_bc * kept.reshape([b, c])
    }

    /// Zero with probability `rate`, otherwise 1 / (1 - rate), for each value of this rank's rows.
    fn kept(&mut self, [rows, columns]: [usize; 2], rate: f64, device: &Device) -> Tensor<1> {
        let scale = (1.0 / (1.0 - rate)) as f32;
        let threshold = (rate * 2f64.powi(32)) as u32;
        let mut draw = || if self.rng.next_u32() < threshold { 0.0 } else { scale };
        let (rank, ranks) = self.rank;
        let mut values = Vec::with_capacity(rows * columns);
        for row in 0..rows * ranks {
            let of_row = (0..columns).map(|_| draw());
            if row % ranks == rank { values.extend(of_row) } else { of_row.for_each(drop) }
        }
        Tensor::from_data(TensorData::new(values, [rows * columns]), device)
    }
}
