//! Images that cannot be read cost nothing but themselves.

use std::path::Path;
use std::sync::Arc;

use resnet_data::{DataError, Picture, Sample, SyntheticImages};
use resnet_recipe::{BadImages, Recipe, Span};
use resnet_train::TrainError;
use resnet_train::loaders::train_loader;
use resnet_train::run::{Datasets, Outcome, RunOptions, train_on};

use crate::sample::{Heard, ReadBy, checkpoint_names, cpu, files, images, recipe};

/// The images of [`images`], some of them spoilt.
pub(crate) fn spoilt(train: &[usize], validation: &[usize]) -> Datasets {
    let make = |len, seed, bad: &[usize]| {
        let images = Arc::new(SyntheticImages::new(len, 10, seed).with_side(12));
        let bad = bad.to_vec();
        ReadBy::new(images, move |images, index, record| {
            let sample = images.read(index, record)?;
            if !bad.contains(&index) {
                return Ok(sample);
            }
            record.clear();
            record.extend(b"no picture");
            Ok(Sample { picture: Picture::Encoded(0..record.len()), ..sample })
        })
    };
    Datasets { train: make(17, 1, train), validation: make(6, 2, validation) }
}

pub(crate) fn skipping(mut recipe: Recipe) -> Recipe {
    recipe.data.on_bad_image = BadImages::Skip { max: 9 };
    recipe
}

/// Numbers of the images in a batch of `recipe`.
pub(crate) fn samples(recipe: &Recipe, epoch: u64, batch: usize) -> Vec<usize> {
    train_loader(images().train, recipe, 1).expect("a loader").samples(epoch, batch)
}

fn options(folder: &Path, max_steps: Option<u64>) -> RunOptions {
    RunOptions { max_steps, workers: 1, ..RunOptions::new(folder) }
}

fn run(
    ranks: usize,
    recipe: &Recipe,
    datasets: &Datasets,
    options: &RunOptions,
) -> (Result<Outcome, TrainError>, Heard) {
    let mut heard = Heard::default();
    let result = train_on(recipe, datasets, options, &vec![cpu(); ranks], &mut heard);
    (result, heard)
}

/// Fails unless the error is that of an image: of this rank, where it is one of several.
fn is_of_an_image(error: &TrainError, of: Option<usize>) {
    match (error, of) {
        (TrainError::Data(DataError::Image { .. }), None) => {}
        (TrainError::Rank { rank, reason }, Some(of)) => {
            assert_eq!(*rank, of, "{error}");
            assert!(reason.starts_with("synthetic image "), "{error}");
        }
        _ => panic!("{error}"),
    }
}

fn loses_nothing(recipe: &Recipe, datasets: &Datasets, steps: u64) {
    no_rank_loses_anything(recipe, datasets, steps, None);
}

/// A run of `recipe` that ends with an error of its images after `steps` steps has lost none of them: it
/// goes on once the images may be skipped, to the same bytes. It is a run of two ranks if it is said which of
/// them meets the image.
fn no_rank_loses_anything(recipe: &Recipe, datasets: &Datasets, steps: u64, of: Option<usize>) {
    let ranks = if of.is_some() { 2 } else { 1 };
    let [failing, undisturbed] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let (result, heard) = run(ranks, recipe, datasets, &options(failing.path(), None));
    is_of_an_image(&result.expect_err("an image is bad"), of);
    assert!(heard.epochs.is_empty());
    assert_eq!(checkpoint_names(failing.path()), [format!("step-{steps:012}")]);
    // The same images again: the error comes at once.
    let (result, heard) = run(ranks, recipe, datasets, &options(failing.path(), None));
    is_of_an_image(&result.expect_err("it is bad still"), of);
    assert!(heard.steps.is_empty());
    let (recipe, up_to) = (skipping(recipe.clone()), Some(steps.next_multiple_of(4)));
    let (result, heard) = run(ranks, &recipe, datasets, &options(failing.path(), up_to));
    assert_eq!(
        (result.expect("goes on").steps, &heard.epochs[..]),
        (up_to.expect("one"), &[1][..])
    );
    assert!(heard.steps.iter().all(|&step| step > steps), "trained again: {:?}", heard.steps);
    let [got, expected] = [failing, undisturbed].map(|folder| {
        let outcome =
            run(ranks, &recipe, datasets, &options(folder.path(), None)).0.expect("trains");
        files(&outcome.checkpoint.expect("one"))
    });
    assert!(got == expected, "the end is another");
}

#[test]
fn an_evaluation_that_fails_costs_no_step() {
    loses_nothing(&recipe(), &spoilt(&[], &[5]), 4);
}

/// Ranks take the images by turns.
#[test]
fn whichever_rank_meets_a_bad_image_the_steps_before_it_are_saved() {
    for rank in [0, 1] {
        let bad = samples(&recipe(), 0, 2)[rank];
        no_rank_loses_anything(&recipe(), &spoilt(&[bad], &[]), 2, Some(rank));
        no_rank_loses_anything(&recipe(), &spoilt(&[], &[2 + rank]), 4, Some(rank));
    }
}

#[test]
fn a_bad_training_image_costs_no_step_before_it() {
    let bad = samples(&recipe(), 0, 2)[1];
    loses_nothing(&recipe(), &spoilt(&[bad], &[]), 2);
}

#[test]
fn neither_does_one_that_is_met_while_statistics_are_averaged_anew() {
    let (recipe, bad) = bad_for_statistics();
    loses_nothing(&recipe, &spoilt(&[bad], &[]), 4);
}

/// With BatchNorm over all ranks these meet in every layer meanwhile.
#[test]
fn nor_where_another_rank_meets_it_there() {
    let (mut recipe, bad) = bad_for_statistics();
    recipe.model.sync_batch_norm = true;
    let place = |batch| samples(&recipe, 1, batch).iter().position(|&image| image == bad);
    let rank = (0..4).find_map(place).expect("it is among them") % 2;
    no_rank_loses_anything(&recipe, &spoilt(&[bad], &[]), 4, Some(rank));
}

/// A recipe that averages statistics anew, and an image which that needs first.
fn bad_for_statistics() -> (Recipe, usize) {
    let mut recipe = recipe();
    recipe.train.reestimate_batch_norm = 4;
    // The first epoch leaves one image out; it must be among those of the next, which are averaged over.
    let of_epoch = |recipe: &Recipe, epoch| -> Vec<usize> {
        (0..4).flat_map(|batch| samples(recipe, epoch, batch)).collect()
    };
    let bad = loop {
        let [first, second] = [0, 1].map(|epoch| of_epoch(&recipe, epoch));
        let left_out = (0..17).find(|image| !first.contains(image)).expect("17 for 16 places");
        if second.contains(&left_out) {
            break left_out;
        }
        recipe.train.seed += 1;
    };
    (recipe, bad)
}

#[test]
fn weights_that_are_not_finite_are_not_saved_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recipe = recipe();
    (recipe.schedule.base_lr, recipe.schedule.warmup.length) = (1e23, Span::Epochs(0.0));
    let bad = samples(&recipe, 0, 1)[0];
    let options = RunOptions { log_every: 100, ..options(folder.path(), None) };
    let error = run(1, &recipe, &spoilt(&[bad], &[]), &options).0.expect_err("two reasons");
    assert!(matches!(&error, TrainError::Diverged { spoilt, .. } if spoilt.step == 1), "{error}");
    assert!(!folder.path().join("checkpoints").exists(), "nothing is saved");
}
