//! Weights that other people trained classify photographs as they do in PyTorch.
//!
//! `tests/golden/real_weights.py` recorded PyTorch's answers and says where weights and photographs come
//! from. `RESNET_TEST_DATA` names the folder with them, by default `../shared/data` beside the repository;
//! without it the tests say that they were skipped. The ResNet-50 is looked for at `RESNET_IMGSIM`, the
//! file `imgsim/model.pth` of the wheel, with the photographs of scikit-learn beside it.

use std::env;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use burn::tensor::{Tensor, TensorData};
use resnet::data::{AnyImage, Decoder, RgbImage};
use resnet::models::weights::{Fit, Weights};
use resnet::models::{ResNet, ResNetConfig, Shortcut};
use resnet::pretrained::Published;
use resnet::{DeviceChoice, choose_device};
use serde_json::Value;

fn golden(network: &str) -> Value {
    let all: Value =
        serde_json::from_str(include_str!("../golden/real_weights.json")).expect("JSON");
    all[network].clone()
}

/// The file or folder that a variable names, or `default` beside the repository, if it is there.
fn place(variable: &str, default: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join(default);
    let path = env::var_os(variable).map_or(default, PathBuf::from);
    if !path.exists() {
        eprintln!("SKIPPED: {variable} names nothing, and {} is not there", path.display());
    }
    path.exists().then_some(path)
}

/// The image, or the square of `crop` pixels in its middle, as the network takes it: `[1, 3, h, w]`.
fn input(encoded: &[u8], crop: Option<usize>) -> TensorData {
    let mut image = RgbImage::default();
    AnyImage::default().decode(encoded, &mut image).expect("an image");
    let (height, width) = crop.map_or((image.height, image.width), |side| (side, side));
    let (top, left) = ((image.height - height) / 2, (image.width - width) / 2);
    let value = |index: usize| {
        let (channel, y, x) = (index / (height * width), index / width % height, index % width);
        let level = image.pixels[((top + y) * image.width + left + x) * 3 + channel];
        (f32::from(level) / 255.0 - Published::MEAN[channel]) / Published::STD[channel]
    };
    let values: Vec<f32> = (0..3 * height * width).map(value).collect();
    TensorData::new(values, [1, 3, height, width])
}

/// Compares the five best classes and their probabilities with PyTorch's.
fn compare(model: &ResNet, golden: &Value, read: impl Fn(&str) -> Vec<u8>) {
    let crop = golden["crop"].as_u64().map(|side| side as usize);
    let device = choose_device(DeviceChoice::Cpu).expect("the CPU").device;
    for (name, wanted) in golden["photos"].as_object().expect("photographs") {
        let images: Tensor<4> = Tensor::from_data(input(&read(name), crop), &device);
        let logits: Vec<f32> = model.forward(images).into_data().iter().collect();
        let largest = logits.iter().copied().fold(f32::MIN, f32::max);
        let powers: Vec<f64> = logits.iter().map(|v| f64::from(v - largest).exp()).collect();
        let sum: f64 = powers.iter().sum();
        let mut order: Vec<usize> = (0..powers.len()).collect();
        order.sort_by(|&a, &b| powers[b].total_cmp(&powers[a]));
        for (rank, &class) in order.iter().take(5).enumerate() {
            let theirs = wanted["probabilities"][rank].as_f64().expect("a number");
            let ours = powers[class] / sum;
            assert!((ours - theirs).abs() < 1e-3, "{name}, rank {rank}: {ours}, not {theirs}");
            // Below that, rounding decides the order.
            if theirs > 1e-5 {
                assert_eq!(wanted["top5"][rank], class, "{name}, rank {rank}");
            }
        }
    }
}

#[test]
fn a_cifar_network_in_the_old_format_sees_what_it_sees_in_pytorch() {
    let Some(folder) = place("RESNET_TEST_DATA", "../shared/data") else { return };
    let golden = golden("resnet20");
    let weights = Weights::read(&folder.join(golden["weights"].as_str().expect("a name")));
    let device = choose_device(DeviceChoice::Cpu).expect("the CPU").device;
    let config = ResNetConfig::cifar(3).with_shortcut(Shortcut::Pad);
    let fit = Fit::default();
    let (model, report) =
        weights.expect("readable").load(config.init(0, &device), &fit).expect("fits");
    assert!(report.is_exact(), "{report}");
    let mut photos = std::collections::HashMap::new();
    let tar = fs::File::open(folder.join("cifar10-12k.tar")).expect("photographs");
    let wanted = golden["photos"].as_object().expect("photographs");
    for entry in tar::Archive::new(tar).entries().expect("an archive") {
        let mut entry = entry.expect("an entry");
        let name = entry.path().expect("a name").to_string_lossy().into_owned();
        if wanted.contains_key(&name) {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("a photograph");
            photos.insert(name, content);
        }
    }
    compare(&model, &golden, |name| photos[name].clone());
}

#[test]
fn a_resnet50_from_a_package_sees_what_it_sees_in_pytorch() {
    let Some(path) = place("RESNET_IMGSIM", "../shared/data/imgsim/model.pth") else { return };
    let device = choose_device(DeviceChoice::Cpu).expect("the CPU").device;
    let config = ResNetConfig::resnet50().with_num_classes(768);
    // Its names begin with `module.pre.`.
    let weights = Weights::read(&path).expect("readable");
    let (model, report) = weights.load(config.init(0, &device), &Fit::default()).expect("fits");
    assert_eq!(report.loaded.len(), 267, "{report}");
    compare(&model, &golden("resnet50"), |name| {
        fs::read(path.with_file_name(name)).expect("the photographs lie beside the weights")
    });
}
