//! The order of a network's layers: the twin of `forward` in inference.

use super::graph::Graph;
use crate::block::ResidualBlock;
use crate::options::Activation;
use crate::{Downsample, Norm, ResNet, StemConv, StemPooling};

/// Adds all of `model` and returns the name of the logits.
pub(super) fn trace(model: &ResNet, graph: &mut Graph, images: &str) -> String {
    let x = stem(model, graph, images);
    let mut x = match &model.maxpool {
        Some(pool) => stem_pool(pool, graph, &x),
        None => x,
    };
    let stages = [&model.layer1, &model.layer2, &model.layer3, &model.layer4];
    for (number, stage) in (1..).zip(stages) {
        for (index, block) in stage.iter().enumerate() {
            x = residual(&format!("layer{number}.{index}"), block, graph, x);
        }
    }
    if model.settings.preactivated {
        x = graph.norm("norm", model.norm.as_ref(), x);
        x = graph.activate("norm.act", model.settings.activation, &x);
    }
    let features = graph.pool(model.settings.pooling, &x);
    graph.linear("fc", &model.fc, &features)
}

fn stem(model: &ResNet, graph: &mut Graph, images: &str) -> String {
    let x = match &model.conv1 {
        StemConv::Single(conv) => graph.conv("conv1", conv, images),
        StemConv::Deep((conv0, norm1, act2, conv3, norm4, act5, conv6)) => {
            let x = graph.conv("conv1.0", conv0, images);
            let x = graph.norm("conv1.1", Some(norm1), x);
            let x = graph.activate("conv1.2", act2.function, &x);
            let x = graph.conv("conv1.3", conv3, &x);
            let x = graph.norm("conv1.4", Some(norm4), x);
            let x = graph.activate("conv1.5", act5.function, &x);
            graph.conv("conv1.6", conv6, &x)
        }
    };
    if model.settings.preactivated {
        return x;
    }
    let x = graph.norm("bn1", model.bn1.as_ref(), x);
    graph.activate("act1", model.settings.activation, &x)
}

fn stem_pool(pool: &StemPooling, graph: &mut Graph, x: &str) -> String {
    match pool {
        StemPooling::Max(pool) => graph.max_pool("maxpool", pool, x),
        StemPooling::Smooth(pool) => {
            let x = match &pool.max {
                Some(max) => graph.max_pool("maxpool.0", max, x),
                None => x.to_owned(),
            };
            graph.smooth("maxpool.1", pool.filter, &x)
        }
        StemPooling::Conv((conv, norm, act)) => {
            let x = graph.conv("maxpool.0", conv, x);
            let x = graph.norm("maxpool.1", Some(norm), x);
            graph.activate("maxpool.2", act.function, &x)
        }
    }
}

fn residual(key: &str, block: &ResidualBlock, graph: &mut Graph, x: String) -> String {
    if block.settings.preactivated {
        preactivated(key, block, graph, x)
    } else {
        plain(key, block, graph, x)
    }
}

fn plain(key: &str, block: &ResidualBlock, graph: &mut Graph, x: String) -> String {
    let activation = block.settings.activation;
    let shortcut = match &block.downsample {
        Some(projection) => downsample(key, projection, graph, x.clone()),
        None => x.clone(),
    };
    let part = |name: &str| format!("{key}.{name}");
    let convs = [Some(&block.conv1), Some(&block.conv2), block.conv3.as_ref()];
    let norms: [Option<&Norm>; 3] = [&block.bn1, &block.bn2, &block.bn3].map(Option::as_ref);
    let last = convs.iter().flatten().count() - 1;
    let mut x = x;
    for (index, (conv, norm)) in convs.into_iter().flatten().zip(norms).enumerate() {
        let number = index + 1;
        x = graph.conv(&part(&format!("conv{number}")), conv, &x);
        x = graph.norm(&part(&format!("bn{number}")), norm, x);
        if index < last {
            x = graph.activate(&part(&format!("act{number}")), activation, &x);
        }
        if let Some((at, filter)) = block.settings.smoothing
            && at == index
            && index < last
        {
            x = graph.smooth(&part("aa"), filter, &x);
        }
    }
    if let Some(attention) = &block.se {
        x = graph.attention(&part("se"), attention, &x);
    }
    let sum = graph.node(part("sum"), "Add", &[&x, &shortcut], Vec::new());
    graph.activate(key, activation, &sum)
}

fn preactivated(key: &str, block: &ResidualBlock, graph: &mut Graph, x: String) -> String {
    let activation: Activation = block.settings.activation;
    let part = |name: &str| format!("{key}.{name}");
    let convs = [Some(&block.conv1), Some(&block.conv2), block.conv3.as_ref()];
    let norms: [Option<&Norm>; 3] = [&block.bn1, &block.bn2, &block.bn3].map(Option::as_ref);
    let (mut shortcut, mut x) = (x.clone(), x);
    for (index, (conv, norm)) in convs.into_iter().flatten().zip(norms).enumerate() {
        let number = index + 1;
        x = graph.norm(&part(&format!("bn{number}")), norm, x);
        x = graph.activate(&part(&format!("act{number}")), activation, &x);
        if let (0, Some(projection)) = (index, &block.downsample) {
            shortcut = downsample(key, projection, graph, x.clone());
        }
        x = graph.conv(&part(&format!("conv{number}")), conv, &x);
    }
    if let Some(attention) = &block.se {
        x = graph.attention(&part("se"), attention, &x);
    }
    graph.node(key, "Add", &[&x, &shortcut], Vec::new())
}

fn downsample(key: &str, projection: &Downsample, graph: &mut Graph, x: String) -> String {
    let part = |number: usize| format!("{key}.downsample.{number}");
    match projection {
        Downsample::Conv((conv, norm)) => {
            let x = graph.conv(&part(0), conv, &x);
            graph.norm(&part(1), norm.as_ref(), x)
        }
        Downsample::Pooled((pool, conv, norm)) => {
            let x = graph.shortcut_pool(&part(0), pool, x);
            let x = graph.conv(&part(1), conv, &x);
            graph.norm(&part(2), norm.as_ref(), x)
        }
        Downsample::Padded(pad) => graph.shortcut_pad(&part(0), pad, &x),
    }
}
