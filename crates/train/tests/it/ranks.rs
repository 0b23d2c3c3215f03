//! Several ranks that train one network.

use std::path::Path;

use resnet_distributed::threads;
use resnet_models::tensors::TensorMap;
use resnet_recipe::{Fanout, Recipe};
use resnet_train::checkpoint;
use resnet_train::ranks::train_on;
use resnet_train::run::{Outcome, RunOptions, train, train_model};
use resnet_train::stopping::{Ending, StopHandle};
use resnet_train::{OnNonFinite, TrainError};
use tempfile::TempDir;

use crate::own_model::tiny;
use crate::sample::{cpu, files, images, recipe};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Trains a network without BatchNorm by this many ranks; the chief's outcome.
fn train_tiny(ranks: usize, folder: &Path, max_steps: Option<u64>) -> Outcome {
    let outcomes = threads::run(threads::worlds(ranks), |world| {
        let options = RunOptions { world, max_steps, workers: 1, ..RunOptions::new(folder) };
        train_model(&tiny, &recipe(), &images(), &options, &cpu(), &mut Fanout::default())
    });
    outcomes.expect("trains").swap_remove(0)
}

fn train_resnet(
    ranks: usize,
    options: &RunOptions,
    recipe: &Recipe,
) -> Result<Outcome, TrainError> {
    train_on(recipe, &images(), options, &vec![cpu(); ranks], &mut Fanout::default())
}

fn weights(outcome: &Outcome) -> TensorMap {
    let path = outcome.checkpoint.as_ref().expect("a checkpoint");
    checkpoint::load(path).expect("whole").learner.model
}

/// Largest difference relative to the largest value of each tensor.
fn difference(found: &TensorMap, expected: &TensorMap) -> f64 {
    assert!(found.keys().eq(expected.keys()));
    let of_tensor = |(name, expected): (&String, &burn::tensor::TensorData)| {
        let largest = expected.iter::<f64>().fold(0.0_f64, |most, value| most.max(value.abs()));
        let pairs = found[name].iter::<f64>().zip(expected.iter::<f64>());
        pairs.fold(0.0_f64, |most, (a, b)| most.max((a - b).abs())) / largest
    };
    expected.iter().map(of_tensor).fold(0.0, f64::max)
}

#[test]
fn ranks_together_end_where_one_process_with_the_same_batch_ends() {
    let (alone, two, four) = (folder(), folder(), folder());
    let one = train_tiny(1, alone.path(), None);
    for (ranks, folder) in [(2, two.path()), (4, folder().path()), (4, four.path())] {
        let together = train_tiny(ranks, folder, None);
        assert_eq!(together.steps, one.steps);
        let difference = difference(&weights(&together), &weights(&one));
        assert!(difference < 1e-6, "{ranks} ranks: {difference}");
        let [mine, theirs] = [&together, &one].map(|o| o.last.clone().expect("an epoch"));
        assert!((mine.train.cross_entropy - theirs.train.cross_entropy).abs() < 1e-5);
        let [mine, theirs] = [mine, theirs].map(|epoch| epoch.validation.expect("evaluated"));
        assert_eq!((mine.images, mine.averages.top1), (theirs.images, theirs.averages.top1));
    }
}

#[test]
fn another_number_of_ranks_goes_on_from_the_same_step_in_the_same_order() {
    let (alone, changing) = (folder(), folder());
    let one = train_tiny(1, alone.path(), None);
    assert_eq!(train_tiny(2, changing.path(), Some(3)).ending, Ending::StepLimit);
    assert_eq!(train_tiny(1, changing.path(), Some(6)).steps, 6);
    let end = train_tiny(2, changing.path(), None);
    assert!(end.complete && end.steps == one.steps);
    let difference = difference(&weights(&end), &weights(&one));
    assert!(difference < 1e-6, "{difference}");
}

#[test]
fn two_runs_of_two_ranks_and_one_that_was_interrupted_give_the_same_bytes() {
    let folders = [folder(), folder(), folder()];
    let run = |index: usize, max_steps| {
        let options = RunOptions { max_steps, ..RunOptions::new(folders[index].path()) };
        train_resnet(2, &options, &recipe()).expect("trains").checkpoint.expect("one")
    };
    let (first, second) = (run(0, None), run(1, None));
    run(2, Some(5));
    let resumed = run(2, None);
    assert!(files(&first) == files(&second), "two runs differ");
    assert!(files(&first) == files(&resumed), "stopping and resuming changed something");
}

/// 20 steps with BatchNorm over the batch of all ranks, with everything that could tell ranks apart.
fn synchronised() -> Recipe {
    let mut recipe = recipe();
    (recipe.train.epochs, recipe.model.sync_batch_norm) = (5, true);
    recipe
}

#[test]
fn with_synchronised_batch_norm_ranks_end_where_one_process_ends() {
    let folders = [folder(), folder(), folder(), folder()];
    let run = |index: usize, ranks| {
        let options = RunOptions::new(folders[index].path());
        let outcome = train_resnet(ranks, &options, &synchronised()).expect("trains");
        assert_eq!(outcome.steps, 20);
        outcome
    };
    let (one, two, again, four) = (run(0, 1), run(1, 2), run(2, 2), run(3, 4));
    for (ranks, together) in [(2, &two), (4, &four)] {
        let difference = difference(&weights(together), &weights(&one));
        assert!(difference < 1e-6, "{ranks} ranks: {difference}");
    }
    let [two, again] = [two, again].map(|outcome| outcome.checkpoint.expect("one"));
    assert!(files(&two) == files(&again), "two runs differ");
}

#[test]
fn with_synchronised_batch_norm_two_ranks_then_one_then_two_end_where_one_ends() {
    let (alone, changing) = (folder(), folder());
    let run = |folder: &TempDir, ranks, max_steps| {
        let options = RunOptions { max_steps, ..RunOptions::new(folder.path()) };
        train_resnet(ranks, &options, &synchronised()).expect("trains")
    };
    let one = run(&alone, 1, None);
    assert_eq!(run(&changing, 2, Some(7)).steps, 7);
    assert_eq!(run(&changing, 1, Some(13)).steps, 13);
    let end = run(&changing, 2, None);
    assert!(end.complete && end.steps == one.steps);
    let difference = difference(&weights(&end), &weights(&one));
    assert!(difference < 1e-6, "{difference}");
}

#[test]
fn whoever_is_asked_to_stop_stops_all_in_the_same_step() {
    let folder = folder();
    let outcomes = threads::run(threads::worlds(3), |world| {
        let stop = StopHandle::default();
        if world.rank() == 2 {
            stop.request();
        }
        let mut recipe = recipe();
        recipe.train.batch_size = 3;
        let options = RunOptions { world, stop, workers: 1, ..RunOptions::new(folder.path()) };
        train(&recipe, &images(), &options, &cpu(), &mut Fanout::default())
    });
    let outcomes = outcomes.expect("all stop");
    assert!(
        outcomes.iter().all(|outcome| outcome.ending == Ending::Requested && outcome.steps == 1)
    );
    assert!(outcomes[0].checkpoint.is_some() && outcomes[1].checkpoint.is_none());
}

#[test]
fn what_ranks_cannot_do_is_refused() {
    let folder = folder();
    let options = RunOptions::new(folder.path());
    let error = train_resnet(3, &options, &recipe()).expect_err("4 images for 3 ranks");
    assert!(error.to_string().contains("4 images cannot be shared by 3 devices"), "{error}");
    let options = RunOptions { on_non_finite: OnNonFinite::RollBack { max: 1 }, ..options };
    let error = train_resnet(2, &options, &recipe()).expect_err("roll-back");
    assert!(error.to_string().contains("is for one device"), "{error}");
}

#[test]
fn ranks_with_another_recipe_are_found_before_the_first_step() {
    let folder = folder();
    let result = threads::run(threads::worlds(2), |world| {
        let mut recipe = recipe();
        recipe.train.seed = world.rank() as u64;
        let options = RunOptions { world, ..RunOptions::new(folder.path()) };
        train(&recipe, &images(), &options, &cpu(), &mut Fanout::default())
    });
    let error = result.expect_err("two recipes");
    assert!(error.to_string().contains("the recipe of rank 1"), "{error}");
}
