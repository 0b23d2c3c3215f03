//! The kernels for every GPU, written in CubeCL, as operations of Burn's backend for it.
//!
//! Burn's convolutions leave their output with the channels of a pixel next to each other, whatever the
//! shape says. So an image is a table here, a row for each pixel and a column for each channel, and
//! neighbouring threads read neighbouring channels.

mod adam;
mod batch_norm;
mod convolution;
mod device;
mod lengths;
mod optimizer;
mod table;
mod weight_gradient;

use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::matmul::{MatmulStrategy, matmul};

use crate::convolution::{Convolution, ConvolutionBackward};
use crate::geometry::Geometry;
use crate::normalisation::{
    Affine, InputGradients, Maybe, NormGradients, Normalisation, NormalisationBackward, Saved,
};
use crate::product::Product;
use crate::ranks::Shared;
use crate::rules::{OfMeans, OfVelocity};
use crate::steps::Steps;

impl Normalisation for CubeBackend {
    fn normalisation(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: Maybe<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        batch_norm::forward(x, [gamma, beta], residual.into_option(), epsilon as f32, relu)
    }

    fn moments(x: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        batch_norm::moments(x)
    }

    fn shared_normalisation(
        x: FloatTensor<Self>,
        affine: Affine<Self>,
        residual: Maybe<Self>,
        _shared: Shared,
        epsilon: f64,
        relu: bool,
    ) -> FloatTensor<Self> {
        batch_norm::normalise(x, affine, residual.into_option(), epsilon as f32, relu)
    }
}

impl NormalisationBackward for CubeBackend {
    fn normalisation_gradients(
        dy: FloatTensor<Self>,
        saved: Saved<Self>,
        epsilon: f64,
        with_residual: bool,
    ) -> NormGradients<Self> {
        batch_norm::backward(dy, saved, epsilon as f32, with_residual)
    }

    fn affine_gradients(
        dy: FloatTensor<Self>,
        saved: Saved<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        batch_norm::affine_gradients(dy, saved, epsilon as f32)
    }

    fn input_gradients(
        dy: FloatTensor<Self>,
        saved: Saved<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        count: f64,
        epsilon: f64,
        with_residual: bool,
    ) -> InputGradients<Self> {
        let scales = (count as f32, epsilon as f32);
        batch_norm::input_gradients(dy, saved, [gamma, beta], scales, with_residual)
    }
}

impl Convolution for CubeBackend {
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self> {
        convolution::forward(x, weight, &geometry)
    }
}

impl ConvolutionBackward for CubeBackend {
    fn data_gradient(
        dy: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self> {
        convolution::data_gradient(dy, weight, &geometry)
    }

    fn weight_gradient(
        dy: FloatTensor<Self>,
        x: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self> {
        convolution::weight_gradient(dy, x, &geometry)
    }
}

impl Product for CubeBackend {
    fn product(lhs: FloatTensor<Self>, rhs: FloatTensor<Self>) -> FloatTensor<Self> {
        let dtype = lhs.dtype;
        // Autotune would compile twenty programs for a part of the step that takes no time.
        matmul(lhs.clone(), rhs.clone(), None, MatmulStrategy::Cube, dtype)
            .or_else(|_refused| matmul(lhs, rhs, None, MatmulStrategy::default(), dtype))
            .expect("Burn's default finds a program for every shape")
    }
}

impl Steps for CubeBackend {
    fn with_velocity(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        velocity: Maybe<Self>,
        rule: OfVelocity,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        optimizer::with_velocity(weight, gradient, velocity.into_option(), rule)
    }

    fn with_means(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        mean: Maybe<Self>,
        square: Maybe<Self>,
        corrections: Maybe<Self>,
        rule: OfMeans,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let means = [mean, square].map(Maybe::into_option);
        adam::with_means(weight, gradient, means, corrections.into_option(), rule)
    }
}
