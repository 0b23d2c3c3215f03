//! Losses with class weights, focus and a teacher, against PyTorch; the numbers come from
//! `tests/golden/losses.py`.

use std::path::Path;

use burn::tensor::{Device, Int, Tensor, TensorData};
use resnet_recipe::{Channels, ClassWeights, Distillation, Loss, LossKind, Recipe, presets};
use resnet_train::TrainError;
use resnet_train::checkpoint;
use resnet_train::criterion::{Criterion, class_counts};
use resnet_train::loss::Targets;
use resnet_train::teacher::divergence;
use serde_json::Value;

use crate::resume::stop_and_resume;
use crate::sample::{images, recipe, run_in};

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/losses.json")).expect("JSON")
}

/// The generator's formula.
fn numbers(phase: f64, scale: f64) -> TensorData {
    let values = (0..12).map(|i| (scale * (1.7 * f64::from(i) + phase).sin()) as f32);
    TensorData::new(values.collect(), [3, 4])
}

fn targets(mixed: bool, device: &Device) -> Targets {
    let labels = |labels: [i32; 3]| Tensor::<1, Int>::from_ints(labels, device);
    Targets { labels: labels([0, 2, 3]), mixed_in: mixed.then(|| (labels([3, 2, 0]), 0.3)) }
}

fn four_classes(loss: Loss) -> Recipe {
    let mut recipe = presets::fashion_mnist_sample();
    (recipe.model.num_classes, recipe.loss) = (4, loss);
    recipe
}

/// Compares losses and their gradient with PyTorch's.
fn check(name: &str, losses: impl FnOnce(Tensor<2>, &Device) -> Tensor<1>) {
    let device = Device::flex().autodiff();
    let logits = Tensor::<2>::from_data(numbers(0.2, 3.0), &device).require_grad();
    let losses = losses(logits.clone(), &device);
    let gradients = losses.clone().sum().backward();
    let gradient = logits.grad(&gradients).expect("the logits have one");
    for (what, got) in [("losses", losses.into_data()), ("gradient", gradient.into_data())] {
        let wanted = golden()[name][what].as_array().expect("a list").clone();
        assert_eq!(got.iter::<f64>().count(), wanted.len());
        for (got, wanted) in got.iter::<f64>().zip(wanted) {
            let wanted = wanted.as_f64().expect("a number");
            let off = (got - wanted).abs();
            assert!(
                off < 2e-6 * wanted.abs().max(1.0),
                "{name}, {what}: {got}, torch has {wanted}"
            );
        }
    }
}

fn check_recipe(name: &str, mixed: bool, loss: Loss) {
    check(name, |logits, device| {
        let criterion = Criterion::new(&four_classes(loss), &[], &Device::flex()).expect("a loss");
        criterion.without_teacher(logits, targets(mixed, device))
    });
}

fn weighted(kind: LossKind) -> Loss {
    let class_weights = ClassWeights::List(vec![0.5, 2.0, 1.25, 0.25]);
    Loss { kind, class_weights, label_smoothing: 0.1, ..Loss::default() }
}

#[test]
fn class_weights_are_pytorchs() {
    check_recipe("weighted", false, weighted(LossKind::CrossEntropy));
    check_recipe("weighted_mixed", true, weighted(LossKind::CrossEntropy));
    check_recipe("weighted_binary", true, weighted(LossKind::BinaryCrossEntropy));
}

/// Images of several labels, of which some are not known.
fn of_sets(loss: Loss) -> Recipe {
    let mut recipe = four_classes(Loss { kind: LossKind::BinaryCrossEntropy, ..loss });
    recipe.data.label_sets = vec![vec![], vec![1], vec![0, 3], vec![2]];
    recipe.data.unknown_labels = vec![vec![0, 1], vec![], vec![2], vec![0, 1, 3]];
    recipe.check().expect("sound");
    recipe
}

#[test]
fn unknown_labels_and_positive_weights_are_those_of_pytorchs_bce_with_logits() {
    let positive_weights = vec![0.5, 2.0, 1.25, 0.25];
    let cases = [
        ("positive_weights", false, Loss { positive_weights, ..Loss::default() }),
        ("unknown_mixed", true, Loss { label_smoothing: 0.1, ..Loss::default() }),
    ];
    for (name, mixed, loss) in cases {
        check(name, |logits, device| {
            let criterion = Criterion::new(&of_sets(loss), &[], &Device::flex()).expect("a loss");
            criterion.without_teacher(logits, targets(mixed, device))
        });
    }
}

#[test]
fn the_focal_loss_is_the_papers_and_torchvisions() {
    let focal = |kind| Loss { kind, focal_gamma: 2.0, ..Loss::default() };
    check_recipe("focal", false, focal(LossKind::CrossEntropy));
    check_recipe("focal_binary", false, focal(LossKind::BinaryCrossEntropy));
}

#[test]
fn a_teacher_is_followed_as_in_pytorch() {
    check("distilled", |logits, device| {
        let teacher = Tensor::from_data(numbers(1.1, 2.0), device);
        let plain = Criterion::new(&four_classes(Loss::default()), &[], &Device::flex());
        let own = plain.expect("a loss").without_teacher(logits.clone(), targets(false, device));
        own.mul_scalar(0.3) + divergence(logits, teacher, 2.5).mul_scalar(0.7 * 2.5 * 2.5)
    });
}

#[test]
fn images_of_each_class_are_counted_where_the_loss_depends_on_them() {
    let counts = class_counts(&*images().train, 10).expect("labels");
    assert_eq!(counts.iter().sum::<u64>(), 17);
    let mut recipe = recipe();
    recipe.loss.class_weights = ClassWeights::InverseFrequency;
    let error = Criterion::new(&recipe, &[], &Device::flex()).expect_err("nobody has counted");
    assert!(matches!(error, TrainError::ClassCounts { classes: 10, counts: 0 }), "{error}");
    recipe.loss.focal_gamma = 1.5;
    stop_and_resume(&recipe);
}

fn learning_from(teacher: &Path, network: Option<&str>) -> Recipe {
    let mut recipe = recipe();
    let (teacher, network) = (teacher.to_owned(), network.map(str::to_owned));
    recipe.loss.distillation =
        Some(Distillation { teacher, network, temperature: 2.0, alpha: 0.9 });
    recipe
}

#[test]
fn a_run_a_checkpoint_and_a_file_can_be_the_teacher() {
    let [first, plain] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let teacher = run_in(first.path(), &recipe()).expect("trains").checkpoint.expect("one");
    let weights = |recipe: &Recipe| {
        let folder = tempfile::tempdir().expect("a folder");
        let outcome = run_in(folder.path(), recipe).expect("trains");
        checkpoint::load(&outcome.checkpoint.expect("one")).expect("whole").learner.model
    };
    let file = first.path().join("teacher.safetensors");
    std::fs::copy(teacher.join("model.safetensors"), &file).expect("copied");
    let taught = weights(&learning_from(first.path(), None));
    assert_eq!(taught, weights(&learning_from(&teacher, None)));
    let error = run_in(plain.path(), &learning_from(&file, None)).expect_err("which network?");
    assert!(error.to_string().contains("loss.distillation.network"), "{error}");
    let mut small = learning_from(&file, Some("resnet8"));
    assert_eq!(taught, weights(&small));
    assert_ne!(taught, weights(&recipe()));
    small.model.num_classes = 7;
    let error = run_in(plain.path(), &small).expect_err("other classes").to_string();
    assert!(error.contains("teacher.safetensors"), "{error}");
    let error = run_in(plain.path(), &learning_from(&file, Some("resnet20"))).expect_err("deeper");
    assert!(error.to_string().contains("another architecture"), "{error}");
}

#[test]
fn a_teacher_that_does_not_take_the_students_images_is_an_error() {
    let [grey, colour, student] = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    run_in(colour.path(), &recipe()).expect("trains");
    let mut of_one_channel = learning_from(colour.path(), None);
    of_one_channel.data.channels = Channels::One;
    let error = run_in(student.path(), &of_one_channel).expect_err("one channel for three");
    let text = error.to_string();
    assert!(matches!(error, TrainError::Teacher { .. }), "{text}");
    assert!(text.contains("does not take the images of the student"), "{text}");
    // A file does not say how many channels its network takes: as many as the student's.
    let mut plain = recipe();
    plain.data.channels = Channels::One;
    let teacher = run_in(grey.path(), &plain).expect("trains").checkpoint.expect("one");
    let mut taught = learning_from(&teacher.join("model.safetensors"), Some("resnet8"));
    taught.data.channels = Channels::One;
    assert!(run_in(student.path(), &taught).expect("learns").complete);
}

#[test]
fn a_teacher_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let nobody = folder.path().join("nobody");
    let error = run_in(folder.path(), &learning_from(&nobody, Some("resnet8"))).expect_err("none");
    assert!(error.to_string().contains("nobody"), "{error}");
    std::fs::create_dir(&nobody).expect("a folder");
    let error = run_in(folder.path(), &learning_from(&nobody, None)).expect_err("empty");
    assert!(matches!(error, TrainError::NoCheckpoint { .. }), "{error}");
}
