//! Which network a file of weights is of.

use burn::tensor::{Device, TensorData};

use super::fit::{Fit, Head, fit, is_input};
use super::{Weights, names};
use crate::state_dict::shapes;
use crate::{ResNetConfig, ZooEntry, zoo};

/// Names of the first convolution in timm's networks of version 2.
const TIMM_INPUTS: [&str; 2] = ["stem.conv.weight", "stem.conv1.weight"];
/// What is measured and not learned.
const STATISTICS: [&str; 2] = ["running_mean", "running_var"];

impl Weights {
    /// The named networks that have these tensors, whatever their classes and channels, in the order of the
    /// [zoo]. Several are told where they differ in what has no tensors, such as where they stride or
    /// how they filter; `device` holds a network while it is compared.
    #[must_use]
    pub fn networks(&self, device: &Device) -> Vec<ZooEntry> {
        let found = self.inner_parameters();
        let as_many = |entry: &ZooEntry| inner_parameters(&entry.config) == found;
        let has_these = |entry: &ZooEntry| {
            let fit_ = Fit { head: Head::FreshUnlessItFits, adapt_input: true, ..Fit::default() };
            let model = shapes(&entry.config.init(0, device));
            fit(&model, self.tensors.clone(), &fit_).1.fits(true)
        };
        zoo().into_iter().filter(as_many).filter(has_these).collect()
    }

    /// Learned numbers between the first convolution and the classifier, neither of which counts.
    fn inner_parameters(&self) -> u64 {
        let inner = |key: &str| {
            let is_outer = is_input(key) || TIMM_INPUTS.contains(&key) || names::is_head(key);
            !is_outer && !STATISTICS.iter().any(|statistic| key.ends_with(statistic))
        };
        let tensors = self.tensors.iter().filter(|(key, _)| inner(key));
        tensors.map(|(_, data): (_, &TensorData)| data.num_elements() as u64).sum()
    }
}

/// The same of a network: it grows by the same number with each class and with each channel.
fn inner_parameters(config: &ResNetConfig) -> u64 {
    let with = |classes, channels| -> u64 {
        let config = config.clone().with_num_classes(classes).with_in_channels(channels);
        config.cost([64, 64]).parameters as u64
    };
    3 * with(1, 1) - with(2, 1) - with(1, 2)
}
