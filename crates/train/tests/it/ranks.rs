//! Several ranks that train one network.

use std::path::Path;
use std::thread;
use std::time::Duration;

use burn::tensor::Device;
use resnet_distributed::{nested, threads};
use resnet_models::tensors::TensorMap;
use resnet_models::{Activation, ResNetConfig};
use resnet_recipe::{Fanout, GradientExchange, Recipe, RunEvent, Sink, SinkError, Span};
use resnet_train::checkpoint;
use resnet_train::ranks::sums_over;
use resnet_train::run::{Outcome, RunOptions, train, train_model, train_on};
use resnet_train::stopping::Ending;
use resnet_train::{OnNonFinite, TrainError};
use tempfile::TempDir;

use crate::bad_images::{samples, skipping, spoilt};
use crate::own_model::tiny;
use crate::sample::{Heard, cpu, files, images, recipe};

pub(crate) fn folder() -> TempDir {
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

pub(crate) fn train_resnet(
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

/// Threads stand for the processes.
#[test]
fn threads_of_several_processes_end_where_one_process_ends() {
    let folders = [folder(), folder()];
    let one = train_tiny(1, folders[0].path(), None);
    let outcomes = threads::run(threads::worlds(2), |process| {
        threads::run(nested(&process, 2)?, |world| {
            let folder = folders[1].path();
            let options = RunOptions { world, workers: 1, ..RunOptions::new(folder) };
            train_model(&tiny, &recipe(), &images(), &options, &cpu(), &mut Fanout::default())
        })
    });
    let together = outcomes.expect("trains").swap_remove(0).swap_remove(0);
    let difference = difference(&weights(&together), &weights(&one));
    assert!(difference < 1e-6, "{difference}");
}

#[test]
fn devices_of_several_processes_train_together() {
    let folder = folder();
    let outcomes = threads::run(threads::worlds(2), |world| {
        let options = RunOptions { world, ..RunOptions::new(folder.path()) };
        train_resnet(2, &options, &recipe())
    });
    let outcomes = outcomes.expect("train");
    assert!(outcomes.iter().all(|outcome| outcome.complete && outcome.steps == 12));
    assert!(outcomes[0].checkpoint.is_some() && outcomes[1].checkpoint.is_none());
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

/// 20 steps with BatchNorm over the batch of all ranks.
fn synchronised() -> Recipe {
    let mut recipe = recipe();
    (recipe.train.epochs, recipe.model.sync_batch_norm) = (5, true);
    recipe
}

/// As many steps of a network with everything that could tell ranks apart. It is smooth: where a rounding
/// error opens a ReLU that is closed elsewhere, two right runs part.
fn train_smooth(ranks: usize, folder: &TempDir, max_steps: Option<u64>) -> Outcome {
    let mut recipe = synchronised();
    recipe.optimizer.accumulate = 2;
    recipe.train.batch_size = 16;
    recipe.train.epochs = 20;
    let outcomes = threads::run(threads::worlds(ranks), |world| {
        let network = |device: &Device| {
            let config = ResNetConfig::cifar(1).with_activation(Activation::Silu);
            let config = config.with_stochastic_depth(0.3).with_dropout(0.2);
            Ok(config.init_among(sums_over(&world), 0, device))
        };
        let folder = folder.path();
        let world = world.clone();
        let options = RunOptions { world, max_steps, workers: 1, ..RunOptions::new(folder) };
        train_model(&network, &recipe, &images(), &options, &cpu(), &mut Fanout::default())
    });
    outcomes.expect("trains").swap_remove(0)
}

#[test]
fn with_synchronised_batch_norm_ranks_end_where_one_process_ends() {
    let folders = [folder(), folder(), folder(), folder()];
    let run = |index: usize, ranks| {
        let outcome = train_smooth(ranks, &folders[index], None);
        assert_eq!(outcome.steps, 20);
        outcome
    };
    let (one, two, again, four) = (run(0, 1), run(1, 2), run(2, 2), run(3, 4));
    for (ranks, together) in [(2, &two), (4, &four)] {
        let difference = difference(&weights(together), &weights(&one));
        assert!(difference < 2e-6, "{ranks} ranks: {difference}");
    }
    let [two, again] = [two, again].map(|outcome| outcome.checkpoint.expect("one"));
    assert!(files(&two) == files(&again), "two runs differ");
}

/// The network that the recipe names, by the flag alone: the first steps, before a ReLU differs.
#[test]
fn the_recipes_key_synchronises_the_network_that_it_names() {
    let run = |ranks, sync_batch_norm| {
        let folder = folder();
        let mut recipe = synchronised();
        recipe.model.sync_batch_norm = sync_batch_norm;
        let options = RunOptions { max_steps: Some(2), ..RunOptions::new(folder.path()) };
        weights(&train_resnet(ranks, &options, &recipe).expect("trains"))
    };
    let one = run(1, true);
    assert!(difference(&run(2, true), &one) < 1e-5);
    assert!(difference(&run(2, false), &one) > 1e-2, "two images have other statistics than four");
}

/// Gradients of 16 bits on the wire: near the run with 32, and the same bytes each time.
#[test]
fn gradients_may_be_sent_in_16_bits() {
    let folders = [folder(), folder(), folder()];
    let run = |index: usize, floats| {
        let mut recipe = synchronised();
        recipe.train.exchange = floats;
        let outcome = train_resnet(2, &RunOptions::new(folders[index].path()), &recipe);
        outcome.expect("trains")
    };
    let (wide, low) = (run(0, GradientExchange::F32), run(1, GradientExchange::Bf16));
    let again = run(2, GradientExchange::Bf16);
    assert!(weights(&low) != weights(&wide), "nothing was rounded");
    let [with_low, with_wide] =
        [&low, &wide].map(|outcome| outcome.last.clone().expect("an epoch").train.cross_entropy);
    assert!((with_low - with_wide).abs() < 0.01 * with_wide, "{with_low}, not {with_wide}");
    let [low, again] = [low, again].map(|outcome| outcome.checkpoint.expect("one"));
    assert!(files(&low) == files(&again), "two runs differ");
}

#[test]
fn with_synchronised_batch_norm_two_ranks_then_one_then_two_end_where_one_ends() {
    let (alone, changing) = (folder(), folder());
    let one = train_smooth(1, &alone, None);
    assert_eq!(train_smooth(2, &changing, Some(7)).steps, 7);
    assert_eq!(train_smooth(1, &changing, Some(13)).steps, 13);
    let end = train_smooth(2, &changing, None);
    assert!(end.complete && end.steps == one.steps);
    let difference = difference(&weights(&end), &weights(&one));
    assert!(difference < 2e-6, "{difference}");
}

#[test]
fn the_report_of_an_epoch_names_the_unreadable_images_of_all_ranks_once() {
    let recipe = skipping(recipe());
    // Ranks take the images of a step by turns.
    let bad = &samples(&recipe, 0, 0)[..2];
    for stops in [&[][..], &[1], &[1, 2]] {
        let (folder, mut heard) = (folder(), Heard::default());
        for &steps in stops.iter().chain(&[4]) {
            let options = RunOptions { max_steps: Some(steps), ..RunOptions::new(folder.path()) };
            train_on(&recipe, &spoilt(bad, &[]), &options, &[cpu(), cpu()], &mut heard)
                .expect("trains");
        }
        assert_eq!(heard.bad_images.len(), 2, "stopped at {stops:?}: {:?}", heard.bad_images);
        for image in bad {
            let name = format!("synthetic image {image}:");
            assert!(
                heard.bad_images.iter().any(|bad| bad.contains(&name)),
                "{:?}",
                heard.bad_images
            );
        }
    }
}

#[test]
fn a_step_that_is_not_finite_is_told_with_the_images_of_all_ranks() {
    let (folder, mut heard, mut recipe) = (folder(), Heard::default(), recipe());
    (recipe.schedule.base_lr, recipe.schedule.warmup.length) = (1e23, Span::Epochs(0.0));
    let options = RunOptions { log_every: 1, ..RunOptions::new(folder.path()) };
    train_on(&recipe, &images(), &options, &[cpu(), cpu()], &mut heard).expect_err("diverges");
    let names = samples(&recipe, 0, 0).into_iter().map(|n| format!("synthetic image {n}"));
    assert_eq!(heard.non_finite[0].images, names.collect::<Vec<_>>());
}

/// Where a checkpoint was due once, ranks that write none reported after every step.
#[test]
fn every_rank_reports_where_a_checkpoint_is_due_and_nowhere_else() {
    let folder = folder();
    let steps = threads::run(threads::worlds(2), |world| {
        let (mut heard, checkpoint_every) = (Heard::default(), Some(2));
        let options =
            RunOptions { world, checkpoint_every, workers: 1, ..RunOptions::new(folder.path()) };
        train(&recipe(), &images(), &options, &cpu(), &mut heard)?;
        Ok::<_, TrainError>(heard.steps)
    });
    // That of rank 0 may be a step late, while the disk is busy with the one before.
    assert_eq!(steps.expect("trains")[1], [2, 4, 6, 8, 10, 12]);
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

#[test]
fn ranks_with_other_options_that_say_when_they_step_are_found_before_the_first_step() {
    type Change = fn(&mut RunOptions);
    let changes: [(&str, Change); 3] = [
        ("the last step (--max-steps)", |options| options.max_steps = Some(5)),
        ("losses that are not finite", |options| options.on_non_finite = OnNonFinite::SkipStep),
        ("an early stop", |options| options.early_stop.patience = Some(1)),
    ];
    for (what, change) in changes {
        let folder = folder();
        let result = threads::run(threads::worlds(2), |world| {
            let is_chief = world.is_chief();
            let mut options = RunOptions { world, ..RunOptions::new(folder.path()) };
            if !is_chief {
                change(&mut options);
            }
            train(&recipe(), &images(), &options, &cpu(), &mut Fanout::default())
        });
        let error = result.expect_err(what).to_string();
        assert!(error.contains(what) && error.contains("of rank 1 is another"), "{error}");
    }
}

#[test]
fn ranks_with_other_images_are_found_before_the_first_step() {
    let folder = folder();
    let result = threads::run(threads::worlds(2), |world| {
        let mut images = images();
        if world.rank() == 1 {
            images.train = images.validation.clone();
        }
        let options = RunOptions { world, ..RunOptions::new(folder.path()) };
        train(&recipe(), &images, &options, &cpu(), &mut Fanout::default())
    });
    let error = result.expect_err("two data sets").to_string();
    assert!(error.contains("the images of rank 1 is another"), "{error}");
}

#[test]
fn nccl_on_the_cpu_is_refused() {
    let folder = folder();
    let mut recipe = recipe();
    recipe.train.exchange = GradientExchange::Nccl;
    let error = train_resnet(2, &RunOptions::new(folder.path()), &recipe).expect_err("no GPU");
    assert!(error.to_string().contains("rank 0 is no NVIDIA GPU"), "{error}");
    train_resnet(1, &RunOptions::new(folder.path()), &recipe).expect("nobody to exchange with");
}

const TIMEOUT: Duration = Duration::from_secs(4);

/// Whoever tells it the first thing waits.
struct Slow(Duration);

impl Sink for Slow {
    fn record(&mut self, _event: &RunEvent<'_>) -> Result<(), SinkError> {
        thread::sleep(std::mem::take(&mut self.0));
        Ok(())
    }
}

#[test]
fn a_rank_that_does_not_come_in_time_ends_the_run_with_the_step_and_its_name() {
    let folder = folder();
    let result = threads::run(threads::worlds(2), |world| {
        // Late enough to be missed, and not so late that the process is ended.
        let mut sink = Slow(if world.rank() == 1 { TIMEOUT * 5 / 4 } else { Duration::ZERO });
        let exchange_timeout = Some(TIMEOUT);
        let options =
            RunOptions { world, exchange_timeout, workers: 1, ..RunOptions::new(folder.path()) };
        train(&recipe(), &images(), &options, &cpu(), &mut sink)
    });
    let error = result.expect_err("too late").to_string();
    assert!(error.starts_with("step 0: a sum of "), "{error}");
    assert!(error.contains("has waited 4s for rank 1"), "{error}");
}
