//! Single layers as nodes: each takes the name of its input and returns that of its output.

use burn::nn::conv::Conv2d;
use burn::nn::pool::MaxPool2d;
use burn::nn::{PaddingConfig1d, PaddingConfig2d};

use super::graph::Graph;
use super::proto::Attribute;
use crate::options::{Activation, AntiAlias, Pooling};
use crate::{
    Attention, BatchNorm, EfficientAttention, GroupNorm, Linear, Norm, ShortcutPad, ShortcutPool,
    SqueezeExcite,
};

impl Graph {
    pub(super) fn conv(&mut self, key: &str, conv: &Conv2d, x: &str) -> String {
        let mut inputs =
            vec![x.to_owned(), self.weight(format!("{key}.weight"), conv.weight.val())];
        if let Some(bias) = &conv.bias {
            inputs.push(self.weight(format!("{key}.bias"), bias.val()));
        }
        let attributes = vec![
            Attribute::ints("pads", &pads(&conv.padding)),
            Attribute::ints("strides", &conv.stride),
            Attribute::ints("dilations", &conv.dilation),
            Attribute::int("group", conv.groups),
        ];
        let inputs: Vec<_> = inputs.iter().map(String::as_str).collect();
        self.node(key, "Conv", &inputs, attributes)
    }

    /// A normalisation; one that was folded is none.
    pub(super) fn norm(&mut self, key: &str, norm: Option<&Norm>, x: String) -> String {
        match norm {
            Some(Norm::Batch(norm)) => self.batch_norm(key, norm, &x),
            Some(Norm::Group(norm)) => self.group_norm(key, norm, &x),
            None => x,
        }
    }

    fn batch_norm(&mut self, key: &str, norm: &BatchNorm, x: &str) -> String {
        let weight = self.weight(format!("{key}.weight"), norm.weight.val());
        let bias = self.weight(format!("{key}.bias"), norm.bias.val());
        let mean = self.weight(format!("{key}.running_mean"), norm.running_mean.value());
        let variance = self.weight(format!("{key}.running_var"), norm.running_var.value());
        let epsilon = vec![Attribute::float("epsilon", norm.epsilon)];
        self.node(key, "BatchNormalization", &[x, &weight, &bias, &mean, &variance], epsilon)
    }

    /// The operator of this name scales groups, not channels, in this set; so groups become the
    /// channels of an instance normalisation.
    fn group_norm(&mut self, key: &str, norm: &GroupNorm, x: &str) -> String {
        let part = |name: &str| format!("{key}.{name}");
        let [channels] = norm.weight.dims();
        let (groups, per_channel) = (norm.groups, [channels, 1, 1]);
        let shape = self.node(part("shape"), "Shape", &[x], Vec::new());
        let grouped = self.list(part("grouped"), &[0, groups as i64, -1]);
        let x = self.node(part("groups"), "Reshape", &[x, &grouped], Vec::new());
        let device = norm.weight.device();
        let ones = burn::tensor::Tensor::<1>::ones([groups], &device);
        let zeros = self.weight(part("zeros"), ones.zeros_like());
        let ones = self.weight(part("ones"), ones);
        let epsilon = vec![Attribute::float("epsilon", norm.epsilon)];
        let inputs = [&*x, &ones, &zeros];
        let x = self.node(part("normalised"), "InstanceNormalization", &inputs, epsilon);
        let x = self.node(part("channels"), "Reshape", &[&x, &shape], Vec::new());
        let weight = self.weight(part("weight"), norm.weight.val().reshape(per_channel));
        let bias = self.weight(part("bias"), norm.bias.val().reshape(per_channel));
        let x = self.node(part("scaled"), "Mul", &[&x, &weight], Vec::new());
        self.node(key, "Add", &[&x, &bias], Vec::new())
    }

    pub(super) fn activate(&mut self, key: &str, activation: Activation, x: &str) -> String {
        match activation {
            Activation::Relu => self.node(key, "Relu", &[x], Vec::new()),
            Activation::Silu => {
                let gate = self.node(format!("{key}.gate"), "Sigmoid", &[x], Vec::new());
                self.node(key, "Mul", &[x, &gate], Vec::new())
            }
            Activation::Gelu => self.gelu(key, x),
        }
    }

    /// `x · (1 + erf(x / √2)) / 2`.
    fn gelu(&mut self, key: &str, x: &str) -> String {
        let part = |name: &str| format!("{key}.gelu.{name}");
        let root = self.number(part("root"), std::f32::consts::FRAC_1_SQRT_2);
        let (one, half) = (self.number(part("one"), 1.0), self.number(part("half"), 0.5));
        let scaled = self.node(part("scaled"), "Mul", &[x, &root], Vec::new());
        let erf = self.node(part("erf"), "Erf", &[&scaled], Vec::new());
        let sum = self.node(part("sum"), "Add", &[&erf, &one], Vec::new());
        let product = self.node(part("product"), "Mul", &[x, &sum], Vec::new());
        self.node(key, "Mul", &[&product, &half], Vec::new())
    }

    pub(super) fn attention(&mut self, key: &str, attention: &Attention, x: &str) -> String {
        let means = self.node(format!("{key}.means"), "GlobalAveragePool", &[x], Vec::new());
        let scale = match attention {
            Attention::SqueezeExcite(attention) => self.squeeze_excite(key, attention, &means),
            Attention::Efficient(attention) => self.efficient(key, attention, &means),
        };
        self.node(key, "Mul", &[x, &scale], Vec::new())
    }

    fn squeeze_excite(&mut self, key: &str, attention: &SqueezeExcite, means: &str) -> String {
        let x = self.conv(&format!("{key}.fc1"), &attention.fc1, means);
        let x = self.node(format!("{key}.hidden"), "Relu", &[&x], Vec::new());
        let x = self.conv(&format!("{key}.fc2"), &attention.fc2, &x);
        self.node(format!("{key}.scale"), "Sigmoid", &[&x], Vec::new())
    }

    /// A convolution along the channels.
    fn efficient(&mut self, key: &str, attention: &EfficientAttention, means: &str) -> String {
        let part = |name: &str| format!("{key}.{name}");
        let conv = &attention.conv;
        let row = self.list(part("row"), &[0, 1, -1]);
        let x = self.node(part("in_a_row"), "Reshape", &[means, &row], Vec::new());
        let weight = self.weight(part("conv.weight"), conv.weight.val());
        let (left, right) = match conv.padding {
            PaddingConfig1d::Explicit(left, right) => (left, right),
            _ => (0, 0),
        };
        let pads = vec![Attribute::ints("pads", &[left, right])];
        let x = self.node(part("conv"), "Conv", &[&x, &weight], pads);
        let x = self.node(part("weights"), "Sigmoid", &[&x], Vec::new());
        let map = self.list(part("map"), &[0, -1, 1, 1]);
        self.node(part("scale"), "Reshape", &[&x, &map], Vec::new())
    }

    pub(super) fn max_pool(&mut self, key: &str, pool: &MaxPool2d, x: &str) -> String {
        let attributes = vec![
            Attribute::ints("kernel_shape", &pool.kernel_size),
            Attribute::ints("strides", &pool.stride),
            Attribute::ints("pads", &pads(&pool.padding)),
        ];
        self.node(key, "MaxPool", &[x], attributes)
    }

    /// Means of 2×2 windows, with what else an average pooling has.
    fn average(&mut self, key: String, stride: usize, more: Vec<Attribute>, x: &str) -> String {
        let mut attributes = vec![
            Attribute::ints("kernel_shape", &[2, 2]),
            Attribute::ints("strides", &[stride, stride]),
        ];
        attributes.extend(more);
        self.node(key, "AveragePool", &[x], attributes)
    }

    pub(super) fn smooth(&mut self, key: &str, filter: AntiAlias, x: &str) -> String {
        if filter == AntiAlias::Average {
            return self.average(key.to_owned(), 2, Vec::new(), x);
        }
        let edges = self.list(format!("{key}.edges"), &[0, 0, 1, 1, 0, 0, 1, 1]);
        let mode = vec![Attribute::text("mode", "reflect")];
        let x = self.node(format!("{key}.mirrored"), "Pad", &[x, &edges], mode);
        let x = self.average(format!("{key}.means"), 1, Vec::new(), &x);
        self.average(key.to_owned(), 2, Vec::new(), &x)
    }

    pub(super) fn shortcut_pool(&mut self, key: &str, pool: &ShortcutPool, x: String) -> String {
        let more = match pool.stride {
            None => return x,
            // Zeros below and right count.
            Some(1) => {
                vec![Attribute::ints("pads", &[0, 0, 1, 1]), Attribute::int("count_include_pad", 1)]
            }
            // Windows over the edge are cut.
            Some(_) => vec![Attribute::int("ceil_mode", 1)],
        };
        self.average(key.to_owned(), pool.stride.unwrap_or(1), more, &x)
    }

    pub(super) fn shortcut_pad(&mut self, key: &str, pad: &ShortcutPad, x: &str) -> String {
        let (stride, before, behind) =
            (pad.stride, pad.before as i64, (pad.added - pad.before) as i64);
        let window = vec![
            Attribute::ints("kernel_shape", &[1, 1]),
            Attribute::ints("strides", &[stride, stride]),
        ];
        let x = self.node(format!("{key}.kept"), "MaxPool", &[x], window);
        let zeros = self.list(format!("{key}.zeros"), &[0, before, 0, 0, 0, behind, 0, 0]);
        self.node(key, "Pad", &[&x, &zeros], Vec::new())
    }

    /// A feature map as one vector for each image.
    pub(super) fn pool(&mut self, pooling: Pooling, x: &str) -> String {
        let mean = |graph: &mut Self| graph.node("mean", "GlobalAveragePool", &[x], Vec::new());
        let max = |graph: &mut Self| graph.node("max", "GlobalMaxPool", &[x], Vec::new());
        let pooled = match pooling {
            Pooling::Average => mean(self),
            Pooling::Max => max(self),
            Pooling::AverageMax => {
                let (mean, max, half) =
                    (mean(self), max(self), self.number("half".to_owned(), 0.5));
                let sum = self.node("sum", "Add", &[&mean, &max], Vec::new());
                self.node("mean_of_both", "Mul", &[&sum, &half], Vec::new())
            }
            Pooling::Concatenated => {
                let (mean, max) = (mean(self), max(self));
                self.node("both", "Concat", &[&mean, &max], vec![Attribute::int("axis", 1)])
            }
        };
        self.node("features", "Flatten", &[&pooled], Vec::new())
    }

    pub(super) fn linear(&mut self, key: &str, linear: &Linear, x: &str) -> String {
        let weight = self.weight(format!("{key}.weight"), linear.weight.val());
        let bias = self.weight(format!("{key}.bias"), linear.bias.val());
        self.node(key, "Gemm", &[x, &weight, &bias], vec![Attribute::int("transB", 1)])
    }
}

/// Top, left, bottom, right.
fn pads(padding: &PaddingConfig2d) -> [usize; 4] {
    match *padding {
        PaddingConfig2d::Explicit(top, left, bottom, right) => [top, left, bottom, right],
        // The networks have no other.
        _ => [0; 4],
    }
}
