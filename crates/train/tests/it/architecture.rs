//! The network that the keys of `[model]` describe.

use resnet_models::{
    Activation, AntiAlias, AttentionKind, BlockKind, NormKind, Pooling, ResNetConfig, Shortcut,
    Stem, StemPool, Version,
};
use resnet_recipe::{Recipe, presets};
use resnet_train::{NetworkError, TrainError, config};

use crate::sample::{recipe, run_in};

fn with(overrides: &[&str]) -> Recipe {
    presets::tutorial().with_overrides(overrides).expect("sound overrides")
}

fn network(overrides: &[&str]) -> ResNetConfig {
    let recipe = with(overrides);
    let read = Recipe::from_toml(&recipe.to_toml()).expect("what was written");
    assert_eq!(read, recipe, "a run's config.toml keeps it");
    config(&read).expect("a network")
}

#[test]
fn each_key_changes_its_part_of_the_network_and_no_other() {
    let fifty = ResNetConfig::resnet50;
    assert_eq!(network(&[]), fifty());
    let cases = [
        ("stem=deep", fifty().with_stem(Stem::Deep)),
        ("stem=tiered", fifty().with_stem(Stem::Tiered)),
        ("stem_width=32", fifty().with_stem_width(32)),
        ("stem_pool=conv", fifty().with_stem_pool(StemPool::Conv)),
        ("version=v1", fifty().with_version(Version::V1)),
        ("version=v2", fifty().with_version(Version::V2)),
        ("block=basic", ResNetConfig { block: BlockKind::Basic, ..fifty() }),
        ("blocks=[1, 2, 3]", ResNetConfig { blocks: vec![1, 2, 3], ..fifty() }),
        ("width=32", ResNetConfig { width: 32, ..fifty() }),
        ("groups=2", fifty().with_groups(2)),
        ("base_width=128", fifty().with_base_width(128)),
        ("shortcut=average-pool", fifty().with_shortcut(Shortcut::AveragePool)),
        ("shortcut=pad", fifty().with_shortcut(Shortcut::Pad)),
        ("attention=squeeze-excite", fifty().squeeze_excite(1.0 / 16.0)),
        ("attention.squeeze-excite.ratio=0.25", fifty().squeeze_excite(0.25)),
        ("attention=efficient", fifty().with_attention(Some(AttentionKind::Efficient))),
        ("anti_alias=blur", fifty().blur()),
        ("anti_alias=average", fifty().with_anti_alias(Some(AntiAlias::Average))),
        ("norm=frozen-batch", fifty().with_norm(NormKind::FrozenBatch)),
        ("norm=group", fifty().group_norm()),
        ("norm.group.groups=16", fifty().with_norm(NormKind::Group { groups: 16 })),
        ("activation=silu", fifty().with_activation(Activation::Silu)),
        ("activation=gelu", fifty().with_activation(Activation::Gelu)),
        ("pooling=max", fifty().with_pooling(Pooling::Max)),
        ("pooling=average-max", fifty().with_pooling(Pooling::AverageMax)),
        ("pooling=concatenated", fifty().with_pooling(Pooling::Concatenated)),
        ("output_stride=8", fifty().with_output_stride(8)),
        ("zero_init_gamma=true", fifty().with_zero_init_gamma(true)),
    ];
    for (key, expected) in cases {
        assert_eq!(network(&[&format!("model.{key}")]), expected, "{key}");
    }
}

#[test]
fn what_a_name_brings_along_can_be_taken_away() {
    let plain = |name, key| network(&[&format!("model.name={name}"), key]);
    assert_eq!(plain("seresnet50", "model.attention=none"), ResNetConfig::resnet50());
    assert_eq!(plain("resnetblur50", "model.anti_alias=none"), ResNetConfig::resnet50());
    assert_eq!(plain("resnet50_gn", "model.norm=batch"), ResNetConfig::resnet50());
    assert_eq!(plain("resnet50_v1", "model.version=v1-5"), ResNetConfig::resnet50());
    let shallow = ["model.shortcut=conv", "model.stem=imagenet"];
    assert_eq!(
        network(&[&["model.name=resnet50d"], &shallow[..]].concat()),
        ResNetConfig::resnet50()
    );
}

#[test]
fn contradictions_are_refused_with_the_key_or_what_to_change() {
    let values = [
        ("model.output_stride=12", "must be 8, 16 or 32"),
        ("model.stem_width=0", "must be from 1 to 8192"),
        ("model.blocks=[3, 4]", "three or four numbers"),
        ("model.attention.squeeze-excite.ratio=2", "at most 1"),
        ("model.norm=layer", "unknown choice `layer`"),
    ];
    for (text, reason) in values {
        let error = presets::tutorial().with_overrides(&[text]).expect_err(text).to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
    let frozen = ["model.norm=frozen-batch", "model.freeze_until=stem", "model.unfreeze_every=1"];
    let error = presets::tutorial().with_overrides(&frozen).expect_err("both").to_string();
    assert!(error.starts_with("model.unfreeze_every = 1: would unfreeze"), "{error}");
    let networks: [(&[&str], &str); 7] = [
        (&["model.norm.group.groups=24"], "do not divide into 24 groups"),
        (&["model.norm=group", "model.stem=tiered"], "do not divide into 32 groups"),
        (&["model.stem=deep", "model.stem_width=1"], "stem is too narrow"),
        (&["model.version=v2", "model.attention=efficient"], "choose version 1.5"),
        (&["model.stem=small", "model.stem_pool=max"], "model.stem_pool: a small stem has no"),
        (&["model.norm=group", "model.sync_batch_norm=true"], "model.sync_batch_norm: no norm"),
        (
            &["model.norm=frozen-batch", "train.reestimate_batch_norm=2"],
            "train.reestimate_batch_norm: no norm",
        ),
    ];
    for (overrides, reason) in networks {
        let error = config(&with(overrides)).expect_err(reason).to_string();
        assert!(error.contains(reason), "{overrides:?}: {error}");
    }
}

#[test]
fn sizes_that_the_filters_cannot_halve_end_the_run_before_it_begins() {
    let folder = tempfile::tempdir().expect("a folder");
    let recipe = recipe().with_overrides(&["model.anti_alias=average", "data.image_size=11"]);
    let error = run_in(folder.path(), &recipe.expect("sound")).expect_err("odd");
    assert!(matches!(error, TrainError::Network(NetworkError::Images(_))), "{error}");
    let text = error.to_string();
    assert!(text.contains("data.image_size") && text.contains("[4, 3, 11, 11]"), "{text}");
}

#[test]
fn a_run_is_not_continued_by_another_network_and_says_what_differs() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = recipe().with_overrides(&["model.norm.group.groups=4", "train.epochs=1"]);
    let first = first.expect("sound");
    run_in(folder.path(), &first).expect("trains");
    let other = first.with_overrides(&["model.norm=batch", "model.dropout=0.1"]).expect("sound");
    let error = run_in(folder.path(), &other).expect_err("another").to_string();
    assert!(
        error.contains("model.norm was { group = { groups = 4 } } and is now batch"),
        "{error}"
    );
    assert!(!error.contains("dropout"), "what may change is no conflict: {error}");
    let plain = first.with_overrides(&["model.activation=silu"]).expect("sound");
    let error = run_in(folder.path(), &plain).expect_err("another").to_string();
    assert!(error.contains("model.activation was as named and is now silu"), "{error}");
}
