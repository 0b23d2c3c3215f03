//! Batch normalisation in training, with residual and ReLU, and its gradients.
//!
//! Every pass reads its inputs once: the forward pass is one for the statistics and one for the output,
//! the backward pass one for the sums and one for the gradients.

use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;

use super::device::{gradients, normalise, statistics};
use super::table::{Shares, Table};
use crate::normalisation::{Affine, InputGradients, NormGradients, Saved};

type Gradients = NormGradients<burn_cubecl::CubeBackend>;

/// Output, mean and biased variance.
pub(super) fn forward(
    x: CubeTensor,
    affine: [CubeTensor; 2],
    residual: Option<CubeTensor>,
    epsilon: f32,
    relu: bool,
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let x = Table::new(x);
    let (mean, variance) = statistics(&x);
    let [gamma, beta] = affine;
    let affine = Affine { gamma, beta, mean: mean.clone(), variance: variance.clone() };
    (output(&x, affine, residual, epsilon, relu), mean, variance)
}

/// Mean and biased variance.
pub(super) fn moments(x: CubeTensor) -> (CubeTensor, CubeTensor) {
    statistics(&Table::new(x))
}

/// Output for given statistics.
pub(super) fn normalise(
    x: CubeTensor,
    affine: Affine<burn_cubecl::CubeBackend>,
    residual: Option<CubeTensor>,
    epsilon: f32,
    relu: bool,
) -> CubeTensor {
    output(&Table::new(x), affine, residual, epsilon, relu)
}

fn output(
    x: &Table,
    affine: Affine<burn_cubecl::CubeBackend>,
    residual: Option<CubeTensor>,
    epsilon: f32,
    relu: bool,
) -> CubeTensor {
    let residual = residual.map(Table::new);
    let Affine { gamma, beta, mean, variance } = affine;
    let [gamma, beta, mean, variance] = [gamma, beta, mean, variance].map(into_contiguous);
    let y = Table::like(x);
    let (vector, columns) = columns(x);
    let shares = Shares::of(x.rows, columns);
    normalise::normalise::launch(
        &x.tensor.client,
        shares.cube_count(),
        shares.cube_dim(),
        vector,
        x.tensor.clone().into_tensor_arg(),
        residual.as_ref().unwrap_or(x).tensor.clone().into_tensor_arg(),
        gamma.into_tensor_arg(),
        beta.into_tensor_arg(),
        mean.into_tensor_arg(),
        variance.into_tensor_arg(),
        y.tensor.clone().into_tensor_arg(),
        epsilon,
        x.rows,
        columns,
        residual.is_some(),
        relu,
        x.element(),
    );
    y.into_tensor()
}

/// Vector size, and columns of vectors.
fn columns(x: &Table) -> (usize, usize) {
    let vector = x.vector_size();
    (vector, x.channels / vector)
}

/// Mean and biased variance of each channel.
fn statistics(x: &Table) -> (CubeTensor, CubeTensor) {
    let (vector, columns) = columns(x);
    let shares = Shares::of(x.rows, columns);
    let (sums, squares) = (x.per_part(shares.parts), x.per_part(shares.parts));
    statistics::moments::launch(
        &x.tensor.client,
        shares.cube_count(),
        shares.cube_dim(),
        vector,
        x.tensor.clone().into_tensor_arg(),
        sums.clone().into_tensor_arg(),
        squares.clone().into_tensor_arg(),
        x.rows,
        columns,
        x.element(),
    );
    let (mean, variance) = (x.per_channel(), x.per_channel());
    let merging = Shares::of(1, x.channels);
    statistics::statistics::launch(
        &x.tensor.client,
        merging.cube_count(),
        merging.cube_dim(),
        x.tensor.clone().into_tensor_arg(),
        sums.into_tensor_arg(),
        squares.into_tensor_arg(),
        mean.clone().into_tensor_arg(),
        variance.clone().into_tensor_arg(),
        x.rows as f32,
        shares.parts,
        x.channels,
        x.element(),
    );
    (mean, variance)
}

/// The gradients of everything that came in.
pub(super) fn backward(
    dy: CubeTensor,
    saved: Saved<burn_cubecl::CubeBackend>,
    epsilon: f32,
    with_residual: bool,
) -> Gradients {
    let count = Table::new(saved.x.clone()).rows as f32;
    let (gamma, beta) = affine_gradients(dy.clone(), saved.clone(), epsilon);
    let of_affine = [gamma.clone(), beta.clone()];
    let InputGradients { x, residual } =
        input_gradients(dy, saved, of_affine, (count, epsilon), with_residual);
    Gradients { x, gamma, beta, residual }
}

/// The gradients of input and residual, from those of scale and shift, which are of `count` pixels.
pub(super) fn input_gradients(
    dy: CubeTensor,
    saved: Saved<burn_cubecl::CubeBackend>,
    [d_gamma, d_beta]: [CubeTensor; 2],
    (count, epsilon): (f32, f32),
    with_residual: bool,
) -> InputGradients<burn_cubecl::CubeBackend> {
    let (dy, x) = (Table::new(dy), Table::new(saved.x));
    let y = saved.y.into_option().map(Table::new);
    let [gamma, mean, variance] = [saved.gamma, saved.mean, saved.variance].map(into_contiguous);
    let dx = Table::like(&x);
    let residual = with_residual.then(|| Table::like(&x));
    let unused = x.per_channel();
    let (vector, columns) = columns(&x);
    let shares = Shares::of(x.rows, columns);
    gradients::input_gradient::launch(
        &x.tensor.client,
        shares.cube_count(),
        shares.cube_dim(),
        vector,
        dy.tensor.clone().into_tensor_arg(),
        y.as_ref().unwrap_or(&dy).tensor.clone().into_tensor_arg(),
        x.tensor.clone().into_tensor_arg(),
        gamma.into_tensor_arg(),
        mean.into_tensor_arg(),
        variance.into_tensor_arg(),
        into_contiguous(d_gamma).into_tensor_arg(),
        into_contiguous(d_beta).into_tensor_arg(),
        dx.tensor.clone().into_tensor_arg(),
        residual.as_ref().map_or(unused, |r| r.tensor.clone()).into_tensor_arg(),
        epsilon,
        count,
        x.rows,
        columns,
        y.is_some(),
        with_residual,
        x.element(),
    );
    let residual = residual.map(Table::into_tensor).into();
    InputGradients { x: dx.into_tensor(), residual }
}

/// Gradients of scale and shift.
pub(super) fn affine_gradients(
    dy: CubeTensor,
    saved: Saved<burn_cubecl::CubeBackend>,
    epsilon: f32,
) -> (CubeTensor, CubeTensor) {
    let (dy, x) = (Table::new(dy), Table::new(saved.x));
    let y = saved.y.into_option().map(Table::new);
    let [mean, variance] = [saved.mean, saved.variance].map(into_contiguous);
    let (vector, columns) = columns(&x);
    let shares = Shares::of(x.rows, columns);
    let (sums, products) = (x.per_part(shares.parts), x.per_part(shares.parts));
    gradients::gradient_sums::launch(
        &x.tensor.client,
        shares.cube_count(),
        shares.cube_dim(),
        vector,
        dy.tensor.clone().into_tensor_arg(),
        y.as_ref().unwrap_or(&dy).tensor.clone().into_tensor_arg(),
        x.tensor.clone().into_tensor_arg(),
        mean.into_tensor_arg(),
        sums.clone().into_tensor_arg(),
        products.clone().into_tensor_arg(),
        x.rows,
        columns,
        y.is_some(),
        x.element(),
    );
    let (gamma, beta) = (x.per_channel(), x.per_channel());
    let merging = Shares::of(1, x.channels);
    gradients::affine_gradients::launch(
        &x.tensor.client,
        merging.cube_count(),
        merging.cube_dim(),
        sums.into_tensor_arg(),
        products.into_tensor_arg(),
        variance.into_tensor_arg(),
        gamma.clone().into_tensor_arg(),
        beta.clone().into_tensor_arg(),
        epsilon,
        shares.parts,
        x.channels,
    );
    (gamma, beta)
}
