//! Networks as ONNX files, which `onnxruntime`, TensorRT, OpenVINO and others run.
//!
//! The graph computes what [`ResNet::forward`] computes in inference: input `images` `[batch, c, h, w]`,
//! normalised, output `logits` `[batch, classes]`. The number of images is free, height and width too
//! unless they are fixed. Operators are those of set 17, weights have their state-dict keys as names.
//! [Fold](ResNet::fold_batch_norm) the network first for a file without batch normalisations.

mod graph;
mod layers;
mod network;
mod proto;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::module::Module;
use prost::Message;
use thiserror::Error;

use crate::ResNet;
use graph::Graph;

/// Most bytes of a protocol buffer.
const LIMIT: usize = i32::MAX as usize;

/// What a file says besides the network.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OnnxOptions {
    /// Height and width of the images, if only these are to be accepted.
    pub image_size: Option<[usize; 2]>,
    /// Notes for whoever reads the file, such as the names of the classes.
    pub notes: BTreeMap<String, String>,
}

/// Why a file could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The format holds 2 GiB at most.
    #[error("{}: {bytes} bytes are more than an ONNX file holds (2 GiB): take a smaller network", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How many it would have.
        bytes: usize,
    },
    /// The file system refused.
    #[error("{}: cannot write the ONNX file: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
}

/// Writes `model` to the file `path`, which is complete or absent.
///
/// ```
/// use burn::tensor::Device;
/// use resnet_models::{ResNetConfig, onnx};
///
/// # let folder = tempfile::tempdir()?;
/// let model = ResNetConfig::cifar(1).init(0, &Device::flex()).fold_batch_norm();
/// let path = folder.path().join("resnet8.onnx");
/// onnx::write(&path, &model, &onnx::OnnxOptions::default())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`OnnxError`] if the network is too large for the format or the file system refuses.
pub fn write(path: &Path, model: &ResNet, options: &OnnxOptions) -> Result<(), OnnxError> {
    let file = encode(model, options);
    let bytes = file.encoded_len();
    if bytes > LIMIT {
        return Err(OnnxError::TooLarge { path: path.to_owned(), bytes });
    }
    resnet_files::replace(path, &file.encode_to_vec())
        .map_err(|source| OnnxError::Io { path: path.to_owned(), source })
}

fn encode(model: &ResNet, options: &OnnxOptions) -> proto::Model {
    let model = model.valid();
    let mut graph = Graph::default();
    let logits = network::trace(&model, &mut graph, "images");
    graph.rename_output(&logits, "logits");
    let size = |index: usize| options.image_size.map(|size| size[index]);
    let images = vec![
        proto::Dimension::named("batch"),
        proto::Dimension::fixed(model.in_channels()),
        size(0).map_or_else(|| proto::Dimension::named("height"), proto::Dimension::fixed),
        size(1).map_or_else(|| proto::Dimension::named("width"), proto::Dimension::fixed),
    ];
    let [classes, _] = model.fc.weight.dims();
    let logits = vec![proto::Dimension::named("batch"), proto::Dimension::fixed(classes)];
    let graph = graph.finish(
        proto::ValueInfo::floats("images", images),
        proto::ValueInfo::floats("logits", logits),
    );
    proto::Model::new(graph, &options.notes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use burn::tensor::Device;
    use prost::Message;

    use super::{OnnxOptions, encode, proto};
    use crate::{Activation, NormKind, ResNetConfig, state_dict, zoo};

    /// Every node reads what is there before it, and every weight is read.
    fn check(name: &str, graph: &proto::Graph) {
        let names = graph.initializer.iter().map(|tensor| tensor.name.as_str());
        let weights: BTreeSet<&str> = names.collect();
        assert_eq!(weights.len(), graph.initializer.len(), "{name}: a weight twice");
        let mut known: BTreeSet<&str> = weights.clone();
        known.insert("images");
        let mut read = BTreeSet::new();
        for node in &graph.node {
            for input in &node.input {
                assert!(known.contains(input.as_str()), "{name}: {} reads {input}", node.name);
                read.insert(input.as_str());
            }
            for output in &node.output {
                assert!(known.insert(output), "{name}: {output} twice");
            }
        }
        assert!(known.contains("logits"), "{name}");
        assert!(weights.is_subset(&read), "{name}: {:?}", weights.difference(&read));
    }

    #[test]
    fn graphs_are_closed_and_hold_every_tensor_under_its_key() {
        let device = Device::flex();
        let named = ["resnet18d", "seresnet18", "resnetblur18", "resnetv2_18", "resnet20_cifar"];
        let mut networks: Vec<_> = zoo()
            .into_iter()
            .filter(|entry| named.contains(&entry.name))
            .map(|entry| (entry.name, entry.config))
            .collect();
        assert_eq!(networks.len(), named.len());
        let gelu = ResNetConfig::cifar(1).with_activation(Activation::Gelu);
        networks.push(("gelu", gelu.with_norm(NormKind::Group { groups: 4 })));
        for (name, config) in networks {
            let model = config.with_num_classes(3).init(0, &device);
            let file = encode(&model, &OnnxOptions::default());
            let graph = file.graph.as_ref().expect("a graph");
            check(name, graph);
            let held: BTreeSet<_> =
                graph.initializer.iter().map(|tensor| tensor.name.clone()).collect();
            assert!(state_dict(&model).keys().all(|key| held.contains(key)), "{name}");
            assert_eq!(proto::Model::decode(&*file.encode_to_vec()).expect("a model"), file);

            let folded = encode(&model.fold_batch_norm(), &OnnxOptions::default());
            check(name, folded.graph.as_ref().expect("a graph"));
        }
    }

    #[test]
    fn a_network_that_was_folded_has_no_batch_normalisation() {
        let model = ResNetConfig::cifar(1).init(0, &Device::flex());
        let operators = |file: proto::Model| -> Vec<String> {
            file.graph.expect("a graph").node.into_iter().map(|node| node.op_type).collect()
        };
        let plain = operators(encode(&model, &OnnxOptions::default()));
        assert!(plain.iter().any(|operator| operator == "BatchNormalization"));
        let folded = operators(encode(&model.fold_batch_norm(), &OnnxOptions::default()));
        assert!(folded.iter().all(|operator| operator != "BatchNormalization"));
    }
}
