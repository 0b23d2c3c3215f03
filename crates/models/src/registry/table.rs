//! The table of named networks.

use super::{Published, ZooEntry};
use crate::options::{BlockKind, Version};
use crate::{AntiAlias, ResNetConfig};

const TORCHVISION: &str = "torchvision 0.26.0, models/resnet.py, `_metrics`";
const TIMM: &str = "huggingface/pytorch-image-models, results/results-imagenet.csv at 0173a139";

pub(crate) fn entries() -> Vec<ZooEntry> {
    let families = [
        plain(),
        grouped_and_wide(),
        stems(),
        attention(),
        revisited(),
        anti_aliased(),
        other_norms(),
        version2(),
        version1(),
        small(),
    ];
    families.into_iter().flatten().collect()
}

impl ZooEntry {
    fn new(name: &'static str, input_size: usize, config: ResNetConfig) -> Self {
        Self { name, config, input_size, published: None }
    }

    fn torchvision(self, weights: &'static str, top1: f64, top5: f64) -> Self {
        let published = Published { top1, top5, input_size: 224, weights, source: TORCHVISION };
        Self { published: Some(published), ..self }
    }

    fn timm(self, weights: &'static str, input_size: usize, top1: f64, top5: f64) -> Self {
        let published = Published { top1, top5, input_size, weights, source: TIMM };
        Self { published: Some(published), ..self }
    }
}

fn bottlenecks(blocks: [usize; 4]) -> ResNetConfig {
    ResNetConfig::imagenet(BlockKind::Bottleneck, blocks)
}

fn r18() -> ResNetConfig {
    ResNetConfig::resnet18()
}

fn r26() -> ResNetConfig {
    bottlenecks([2, 2, 2, 2])
}

fn r34() -> ResNetConfig {
    ResNetConfig::resnet34()
}

fn r50() -> ResNetConfig {
    ResNetConfig::resnet50()
}

fn r101() -> ResNetConfig {
    ResNetConfig::resnet101()
}

fn r152() -> ResNetConfig {
    ResNetConfig::resnet152()
}

fn r200() -> ResNetConfig {
    ResNetConfig::resnet200()
}

/// Version 1.5 ([He et al. 2015](https://arxiv.org/abs/1512.03385)).
fn plain() -> Vec<ZooEntry> {
    let new = ZooEntry::new;
    vec![
        new("resnet18", 224, r18()).torchvision("IMAGENET1K_V1", 69.758, 89.078),
        new("resnet26", 224, r26()).timm("resnet26.bt_in1k", 288, 76.366, 93.180),
        new("resnet34", 224, r34()).torchvision("IMAGENET1K_V1", 73.314, 91.42),
        new("resnet50", 224, r50()).torchvision("IMAGENET1K_V2", 80.858, 95.434),
        new("resnet101", 224, r101()).torchvision("IMAGENET1K_V2", 81.886, 95.78),
        new("resnet152", 224, r152()).torchvision("IMAGENET1K_V2", 82.284, 96.002),
        new("resnet200", 224, r200()),
    ]
}

/// ResNeXt and wide networks.
fn grouped_and_wide() -> Vec<ZooEntry> {
    let new = ZooEntry::new;
    vec![
        new("resnext50_32x4d", 224, r50().resnext(32, 4)).torchvision(
            "IMAGENET1K_V2",
            81.198,
            95.34,
        ),
        new("resnext50d_32x4d", 224, r50().resnext(32, 4).d()).timm(
            "resnext50d_32x4d.bt_in1k",
            288,
            80.664,
            95.420,
        ),
        new("resnext101_32x4d", 224, r101().resnext(32, 4)).timm(
            "resnext101_32x4d.gluon_in1k",
            224,
            80.340,
            94.930,
        ),
        new("resnext101_32x8d", 224, r101().resnext(32, 8)).torchvision(
            "IMAGENET1K_V2",
            82.834,
            96.228,
        ),
        new("resnext101_64x4d", 224, r101().resnext(64, 4)).torchvision(
            "IMAGENET1K_V1",
            83.246,
            96.454,
        ),
        new("wide_resnet50_2", 224, r50().with_base_width(128)).torchvision(
            "IMAGENET1K_V2",
            81.602,
            95.758,
        ),
        new("wide_resnet101_2", 224, r101().with_base_width(128)).torchvision(
            "IMAGENET1K_V2",
            82.51,
            96.02,
        ),
    ]
}

/// ResNet-C, -D and -T.
fn stems() -> Vec<ZooEntry> {
    let new = ZooEntry::new;
    vec![
        new("resnet50c", 224, r50().c()).timm("resnet50c.gluon_in1k", 224, 78.012, 93.988),
        new("resnet101c", 224, r101().c()).timm("resnet101c.gluon_in1k", 224, 79.542, 94.586),
        new("resnet152c", 224, r152().c()).timm("resnet152c.gluon_in1k", 224, 79.910, 94.844),
        new("resnet18d", 224, r18().d()).timm("resnet18d.ra2_in1k", 288, 73.794, 91.838),
        new("resnet26d", 224, r26().d()).timm("resnet26d.bt_in1k", 288, 77.408, 93.638),
        new("resnet34d", 224, r34().d()).timm("resnet34d.ra2_in1k", 288, 78.436, 94.344),
        new("resnet50d", 224, r50().d()).timm("resnet50d.ra2_in1k", 288, 81.356, 95.738),
        new("resnet101d", 256, r101().d()).timm("resnet101d.ra2_in1k", 320, 83.016, 96.452),
        new("resnet152d", 256, r152().d()).timm("resnet152d.ra2_in1k", 320, 83.684, 96.740),
        new("resnet200d", 256, r200().d()).timm("resnet200d.ra2_in1k", 320, 83.964, 96.824),
        new("resnet26t", 256, r26().t()).timm("resnet26t.ra2_in1k", 320, 78.332, 94.124),
        new("resnet50t", 224, r50().t()),
    ]
}

/// Squeeze and excitation, and efficient channel attention.
fn attention() -> Vec<ZooEntry> {
    let new = ZooEntry::new;
    let se = |config: ResNetConfig| config.squeeze_excite(1.0 / 16.0);
    let eca = ResNetConfig::efficient_attention;
    vec![
        new("seresnet18", 224, se(r18())),
        new("seresnet34", 224, se(r34())),
        new("seresnet50", 224, se(r50())).timm("seresnet50.ra2_in1k", 288, 81.284, 95.652),
        new("seresnet101", 224, se(r101())),
        new("seresnet152", 224, se(r152())),
        new("seresnet152d", 256, se(r152().d())).timm("seresnet152d.ra2_in1k", 320, 84.360, 97.040),
        new("seresnext50_32x4d", 224, se(r50().resnext(32, 4))).timm(
            "seresnext50_32x4d.racm_in1k",
            288,
            82.196,
            96.148,
        ),
        new("seresnext101_32x8d", 224, se(r101().resnext(32, 8))).timm(
            "seresnext101_32x8d.ah_in1k",
            288,
            84.186,
            96.874,
        ),
        new("ecaresnet26t", 256, eca(r26().t())).timm("ecaresnet26t.ra2_in1k", 320, 79.850, 95.090),
        new("ecaresnet50t", 256, eca(r50().t())).timm("ecaresnet50t.ra2_in1k", 320, 82.352, 96.140),
        new("ecaresnet50d", 224, eca(r50().d())).timm(
            "ecaresnet50d.miil_in1k",
            288,
            81.650,
            95.882,
        ),
        new("ecaresnet101d", 224, eca(r101().d())).timm(
            "ecaresnet101d.miil_in1k",
            288,
            82.984,
            96.542,
        ),
    ]
}

/// ResNet-RS ([Bello et al. 2021](https://arxiv.org/abs/2103.07579)).
fn revisited() -> Vec<ZooEntry> {
    let new = ZooEntry::new;
    vec![
        new("resnetrs50", 160, r50().rs()).timm("resnetrs50.tf_in1k", 224, 79.896, 94.972),
        new("resnetrs101", 192, r101().rs()).timm("resnetrs101.tf_in1k", 288, 82.284, 96.014),
        new("resnetrs152", 256, r152().rs()).timm("resnetrs152.tf_in1k", 320, 83.702, 96.612),
        new("resnetrs200", 256, r200().rs()).timm("resnetrs200.tf_in1k", 320, 84.444, 97.082),
        new("resnetrs270", 256, bottlenecks([4, 29, 53, 4]).rs()).timm(
            "resnetrs270.tf_in1k",
            352,
            84.428,
            96.968,
        ),
        new("resnetrs350", 288, bottlenecks([4, 36, 72, 4]).rs()).timm(
            "resnetrs350.tf_in1k",
            384,
            84.714,
            96.992,
        ),
        new("resnetrs420", 320, bottlenecks([4, 44, 87, 4]).rs()).timm(
            "resnetrs420.tf_in1k",
            416,
            85.006,
            97.124,
        ),
    ]
}

/// Filters in place of strides.
fn anti_aliased() -> Vec<ZooEntry> {
    let new = ZooEntry::new;
    let average = |config: ResNetConfig| config.with_anti_alias(Some(AntiAlias::Average));
    vec![
        new("resnetblur18", 224, r18().blur()),
        new("resnetblur50", 224, r50().blur()).timm("resnetblur50.bt_in1k", 288, 80.234, 95.234),
        new("resnetblur50d", 224, r50().d().blur()),
        new("resnetblur101d", 224, r101().d().blur()),
        new("resnetaa34d", 224, average(r34().d())),
        new("resnetaa50", 224, average(r50())).timm("resnetaa50.a1h_in1k", 288, 81.614, 95.802),
        new("resnetaa50d", 224, average(r50().d())),
        new("resnetaa101d", 224, average(r101().d())).timm(
            "resnetaa101d.sw_in12k_ft_in1k",
            288,
            84.124,
            97.106,
        ),
    ]
}

fn other_norms() -> Vec<ZooEntry> {
    let entry = ZooEntry::new("resnet50_gn", 224, r50().group_norm());
    vec![entry.timm("resnet50_gn.a1h_in1k", 288, 81.216, 95.628)]
}

/// Pre-activation ([He et al. 2016](https://arxiv.org/abs/1603.05027)).
fn version2() -> Vec<ZooEntry> {
    let new =
        |name, config: ResNetConfig| ZooEntry::new(name, 224, config.with_version(Version::V2));
    vec![
        new("resnetv2_18", r18()),
        new("resnetv2_34", r34()),
        new("resnetv2_50", r50()).timm("resnetv2_50.a1h_in1k", 288, 81.398, 95.726),
        new("resnetv2_101", r101()).timm("resnetv2_101.a1h_in1k", 288, 83.002, 96.454),
        new("resnetv2_152", r152()),
        new("resnetv2_50d", r50().d()),
        new("resnetv2_101d", r101().d()),
        new("resnetv2_152d", r152().d()),
        new("resnetv2_50t", r50().t()),
    ]
}

/// The bottlenecks of the paper, which stride in their first convolution.
fn version1() -> Vec<ZooEntry> {
    let new =
        |name, config: ResNetConfig| ZooEntry::new(name, 224, config.with_version(Version::V1));
    vec![new("resnet50_v1", r50()), new("resnet101_v1", r101()), new("resnet152_v1", r152())]
}

/// Networks for images of 32 px, 10 classes.
fn small() -> Vec<ZooEntry> {
    let new = |name, blocks| ZooEntry::new(name, 32, ResNetConfig::cifar(blocks));
    vec![
        new("resnet20_cifar", 3),
        new("resnet32_cifar", 5),
        new("resnet44_cifar", 7),
        new("resnet56_cifar", 9),
        new("resnet110_cifar", 18),
        ZooEntry::new("wrn28_10", 32, ResNetConfig::wide_cifar(28, 10)),
    ]
}
