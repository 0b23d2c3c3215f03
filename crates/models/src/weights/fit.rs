//! What becomes of each tensor of a file in a given model.

use std::collections::BTreeMap;

use burn::tensor::TensorData;

use super::names;
use crate::LoadReport;
use crate::tensors::TensorMap;
use crate::timm;

/// How the weights of a file and a model that differ become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// Whether every tensor of the model has to be in the file and the other way round. Otherwise the
    /// model keeps its own weights where the file has none, and the report says so; a tensor of
    /// another shape is an error in any case.
    pub strict: bool,
    /// What becomes of the classifier.
    pub head: Head,
    /// Whether a first convolution for another number of channels may be adapted: to one channel by
    /// adding up, which equals showing a grey image in all channels; to more by repeating them in turn,
    /// scaled so that the sum stays, as in timm's `adapt_input_conv`.
    pub adapt_input: bool,
}

impl Default for Fit {
    /// Everything has to fit as it is.
    fn default() -> Self {
        Self { strict: true, head: Head::Exact, adapt_input: false }
    }
}

/// What becomes of the classifier, `fc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Head {
    /// It has to fit.
    #[default]
    Exact,
    /// The model keeps its own.
    Fresh,
    /// The file's if it has as many classes as the model, otherwise the model keeps its own.
    FreshUnlessItFits,
    /// The file's first class is "background", which the model lacks: 1001 classes become 1000, as in
    /// TensorFlow's networks for ImageNet.
    WithoutBackground,
}

/// The tensors to fill a model of these shapes with, and what became of each.
pub(super) fn fit(
    expected: &BTreeMap<String, Vec<usize>>,
    tensors: TensorMap,
    fit: &Fit,
) -> (TensorMap, LoadReport) {
    let mut report = LoadReport::default();
    let mut tensors = names::torchvision_head(timm::for_model(expected.keys(), tensors));
    let mut fitted = TensorMap::new();
    for (key, shape) in expected {
        let found = tensors.remove(key);
        match changed(key, shape, found, fit, &mut report) {
            Change::Keep => report.fresh.push(key.clone()),
            Change::Take(data) if data.shape()[..] == shape[..] => {
                report.loaded.push(key.clone());
                fitted.insert(key.clone(), data);
            }
            Change::Take(data) => {
                let found = data.shape().to_vec();
                report.wrong_shape.push((key.clone(), shape.clone(), found));
            }
            Change::Missing => report.missing.push(key.clone()),
        }
    }
    report.unexpected = tensors.into_keys().collect();
    (fitted, report)
}

enum Change {
    Keep,
    Take(TensorData),
    Missing,
}

/// What becomes of the tensor `key` of the model, which the file may hold as `found`.
fn changed(
    key: &str,
    shape: &[usize],
    found: Option<TensorData>,
    fit: &Fit,
    report: &mut LoadReport,
) -> Change {
    let is_head = key.starts_with("fc.");
    let fits = found.as_ref().is_some_and(|data| data.shape()[..] == *shape);
    match (fit.head, found) {
        (Head::Fresh, _) if is_head => Change::Keep,
        (Head::FreshUnlessItFits, _) if is_head && !fits => Change::Keep,
        (Head::WithoutBackground, Some(data)) if is_head => Change::Take(without_first(&data)),
        (_, Some(data)) if is_input(key) && fit.adapt_input && !fits => {
            Change::Take(adapted(key, shape, data, report))
        }
        (_, Some(data)) => Change::Take(data),
        (_, None) => Change::Missing,
    }
}

pub(super) fn is_input(key: &str) -> bool {
    key == "conv1.weight" || key == "conv1.0.weight"
}

/// Without the first row: the weights, or the bias, of the first class.
fn without_first(data: &TensorData) -> TensorData {
    let mut shape = data.shape().to_vec();
    let Some(classes) = shape.first_mut().filter(|classes| **classes > 1) else {
        return data.clone();
    };
    let row = data.num_elements() / *classes;
    *classes -= 1;
    TensorData::new(data.iter::<f32>().skip(row).collect(), shape)
}

/// The first convolution, `[out, c, kh, kw]`, for the channels of `shape`; unchanged if it differs in
/// anything else.
fn adapted(key: &str, shape: &[usize], data: TensorData, report: &mut LoadReport) -> TensorData {
    let (&[out, wanted, h, w], &[file_out, channels, file_h, file_w]) = (shape, &data.shape()[..])
    else {
        return data;
    };
    if [out, h, w] != [file_out, file_h, file_w] || channels == 0 {
        return data;
    }
    report.adapted.push((key.to_owned(), channels, wanted));
    let values: Vec<f32> = data.iter().collect();
    let filters = values.chunks_exact(channels * h * w);
    let values = filters.flat_map(|filter| channels_of(filter, [channels, wanted], h * w));
    TensorData::new(values.collect::<Vec<f32>>(), shape.to_vec())
}

/// One filter for `wanted` channels, from one for `channels`.
fn channels_of(filter: &[f32], [channels, wanted]: [usize; 2], pixels: usize) -> Vec<f32> {
    if wanted == 1 {
        let sum = |pixel| (0..channels).map(|channel| filter[channel * pixels + pixel]).sum();
        return (0..pixels).map(sum).collect();
    }
    let scale = channels as f32 / wanted as f32;
    let value = |index: usize| filter[index % (channels * pixels)] * scale;
    (0..wanted * pixels).map(value).collect()
}
