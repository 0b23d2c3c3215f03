//! Which images reach a step, how large they are, and how an evaluation looks at them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use resnet_data::{ImageFiles, Sampling, Source};
use resnet_models::Classifier;
use resnet_recipe::{Fanout, ProgressiveResolution, Recipe, Sampler, ValidationViews};
use resnet_train::evaluate::evaluate;
use resnet_train::input::Normalizer;
use resnet_train::loaders::{train_loader, validation_loader};
use resnet_train::loss::cross_entropy;
use resnet_train::run::{Datasets, Outcome, RunOptions, train};
use resnet_train::stopping::StopHandle;

use crate::resume::stop_and_resume;
use crate::sample::{Counted, cpu, files, images, recipe, run_in};

#[test]
fn every_sampler_of_a_recipe_reaches_the_loader() {
    for (sampler, sampling, batches) in [
        (Sampler::Shuffle, Sampling::Shuffled, 4),
        (Sampler::Balanced, Sampling::ClassBalanced, 4),
        (Sampler::Weighted, Sampling::Weighted, 4),
        (Sampler::Repeated { times: 3 }, Sampling::Repeated { times: 3 }, 12),
    ] {
        let mut recipe = recipe();
        recipe.data.sampler = sampler;
        let loader = train_loader(images().train, &recipe, 1).expect("a loader");
        assert_eq!((loader.options().sampling, loader.batches_per_epoch()), (sampling, batches));
    }
}

/// 8 pixels in the first epoch, 10 in the second, 12 in the third.
fn growing() -> Recipe {
    let mut recipe = recipe();
    recipe.resolution = Some(ProgressiveResolution {
        start_size: 8,
        end_size: 12,
        start_epoch: 0,
        end_epoch: 2,
        multiple: 2,
    });
    recipe.data.sampler = Sampler::Balanced;
    recipe
}

#[test]
fn images_grow_and_a_run_resumes_at_any_size_with_the_same_bytes() {
    assert_eq!([0, 1, 2].map(|epoch| growing().training_size(epoch)), [8, 10, 12]);
    let first = train_loader(images().train, &growing(), 1).expect("a loader").epoch(0, 0).next();
    assert_eq!(first.expect("a batch").expect("images").height, 8);
    stop_and_resume(&growing());
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let end = |folder: &Path, recipe: &Recipe| {
        let outcome: Outcome = run_in(folder, recipe).expect("trains");
        files(&outcome.checkpoint.expect("one"))
    };
    let mut large = growing();
    large.resolution = None;
    let [grown, large] = [growing(), large].map(|recipe| {
        let folder = &folders[usize::from(recipe.resolution.is_some())];
        end(folder.path(), &recipe)
    });
    let weights = |files: &[(String, Vec<u8>)]| {
        files.iter().find(|(name, _)| name == "model.safetensors").expect("weights").1.clone()
    };
    assert!(weights(&grown) != weights(&large), "the size of images has changed nothing");
}

#[test]
fn classes_are_asked_for_once_whatever_sizes_the_images_get() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = Arc::new(Counted::new());
    let datasets = Datasets { train: source.clone(), validation: images().validation };
    let options = RunOptions { workers: 1, ..RunOptions::new(folder.path()) };
    let mut nobody = Fanout::default();
    train(&growing(), &datasets, &options, &cpu(), &mut nobody).expect("trains");
    assert_eq!(source.labels(), source.len());
}

#[test]
fn mirrored_looks_are_averaged() {
    let mut recipe = recipe();
    recipe.data.validation_views = ValidationViews::Flip;
    let device = Device::flex();
    let model = resnet_train::build(&recipe, &device).expect("a network");
    let loader = validation_loader(images().validation, &recipe, 1).expect("a loader");
    let got = evaluate(&model, &recipe, &loader, &device, &StopHandle::default()).expect("images");
    let normalizer = Normalizer::new(recipe.data.mean, recipe.data.std, &device);
    let mut sum = 0.0;
    for batch in loader.epoch(0, 0) {
        let batch = normalizer.upload(batch.expect("images"));
        let mirrored: Tensor<4> = batch.images.clone().flip([3]);
        let logits = (model.forward(batch.images) + model.forward(mirrored)).mul_scalar(0.5);
        let losses = cross_entropy(logits, batch.labels, 0.0) * batch.weights;
        sum += f64::from(losses.sum().into_scalar::<f32>());
    }
    assert!((got.averages.cross_entropy - sum / 6.0).abs() < 1e-5, "{:?}", got.averages);
    recipe.data.validation_views = ValidationViews::Single;
    let single = evaluate(&model, &recipe, &loader, &device, &StopHandle::default());
    assert!(single.expect("images").averages.cross_entropy != got.averages.cross_entropy);
}

/// The mean of the logits of ten single crops of 12x12 images, made by hand.
fn ten_crops<M: Classifier>(model: &M, images_bchw: &Tensor<4>) -> Tensor<2> {
    let mirrored: Tensor<4> = images_bchw.clone().flip([3]);
    let mut sum = None;
    for image in [images_bchw.clone(), mirrored] {
        for (top, left) in [(0, 0), (0, 4), (4, 0), (4, 4), (2, 2)] {
            let logits = model.logits(image.clone().narrow(2, top, 8).narrow(3, left, 8));
            sum = Some(sum.map_or(logits.clone(), |sum: Tensor<2>| sum + logits));
        }
    }
    sum.expect("ten crops").div_scalar(10.0)
}

#[test]
fn ten_looks_are_averaged() {
    let (mut recipe, device) = (recipe(), Device::flex());
    let whole = validation_loader(images().validation, &recipe, 1).expect("a loader");
    recipe.data.validation_size = Some(8);
    recipe.data.validation_views = ValidationViews::TenCrop;
    let model = resnet_train::build(&recipe, &device).expect("a network");
    let loader = validation_loader(images().validation, &recipe, 1).expect("a loader");
    let got = evaluate(&model, &recipe, &loader, &device, &StopHandle::default()).expect("images");
    let normalizer = Normalizer::new(recipe.data.mean, recipe.data.std, &device);
    let mut sum = 0.0;
    for batch in whole.epoch(0, 0) {
        let batch = normalizer.upload(batch.expect("images"));
        let logits = ten_crops(&model, &batch.images);
        let losses = cross_entropy(logits, batch.labels, 0.0) * batch.weights;
        sum += f64::from(losses.sum().into_scalar::<f32>());
    }
    assert!((got.averages.cross_entropy - sum / 6.0).abs() < 1e-5, "{:?}", got.averages);
    recipe.data.validation_views = ValidationViews::Single;
    let loader = validation_loader(images().validation, &recipe, 1).expect("a loader");
    let single = evaluate(&model, &recipe, &loader, &device, &StopHandle::default());
    assert!(single.expect("images").averages.cross_entropy != got.averages.cross_entropy);
}

#[test]
fn validation_images_may_be_larger_than_training_images() {
    let mut recipe = recipe();
    (recipe.data.validation_size, recipe.data.validation_resize) = (Some(16), 16);
    let loader = validation_loader(images().validation, &recipe, 1).expect("a loader");
    assert_eq!(loader.epoch(0, 0).next().expect("a batch").expect("images").width, 16);
    let folder = tempfile::tempdir().expect("a folder");
    assert!(run_in(folder.path(), &recipe).expect("trains").complete);
}

#[test]
fn photographs_are_turned_upright_if_the_recipe_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let photograph =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/tests/golden/exif-orientation-6.jpg");
    fs::create_dir(folder.path().join("class")).expect("a folder");
    fs::copy(photograph, folder.path().join("class/a.jpg")).expect("copied");
    let source = Arc::new(ImageFiles::folder(folder.path()).expect("an image"));
    let pixels = |upright| {
        let mut recipe = recipe();
        recipe.data.exif_orientation = upright;
        let loader = validation_loader(source.clone(), &recipe, 1).expect("a loader");
        let batch = loader.epoch(0, 0).next().expect("a batch").expect("images");
        batch.images.as_eight().expect("8 bits").to_vec()
    };
    let (stored, upright) = (pixels(false), pixels(true));
    assert_ne!(stored, upright);
    let corner = |pixels: &[u8], row: usize, column: usize| pixels[(row * 12 + column) * 3];
    // A quarter turn to the right: the left edge comes to the top.
    for place in 1..11 {
        let (was, is) = (corner(&stored, 11 - place, 0), corner(&upright, 0, place));
        assert!(was.abs_diff(is) < 24, "{was} is {is} at {place}");
    }
}

#[test]
fn repeated_images_make_an_epoch_longer() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recipe = recipe();
    recipe.data.sampler = Sampler::Repeated { times: 2 };
    let Datasets { train, .. } = images();
    let steps = train_loader(train, &recipe, 1).expect("a loader").batches_per_epoch() as u64;
    let options = RunOptions { max_steps: Some(steps), ..RunOptions::new(folder.path()) };
    let outcome = crate::sample::run(&recipe, &options).expect("trains");
    assert_eq!(outcome.last.map(|epoch| epoch.epoch), Some(1), "one epoch of {steps} steps");
}
