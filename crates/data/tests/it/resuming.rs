//! Going on in the middle of an epoch.

use resnet_data::{
    Batch, DataError, LastBatch, Loader, LoaderOptions, LoaderState, OnBadImage, Rank, Sampling,
    Transform,
};

use crate::support::{
    KEEP, assert_says, batches, good_records, in_order, record, records_loader, shuffled, synthetic,
};

fn options() -> LoaderOptions {
    shuffled(7, Transform::imagenet_train(8))
}

/// A state after `count` batches of epoch 2, as it comes back from a file.
fn saved_after(loader: &Loader, count: usize) -> LoaderState {
    let mut epoch = loader.epoch(2, 0);
    for batch in epoch.by_ref().take(count) {
        batch.unwrap();
    }
    serde_json::from_str(&serde_json::to_string(&epoch.state()).unwrap()).unwrap()
}

/// Eight images, of which those with these numbers (from 0) do not decode.
fn with_bad(bad: &[usize], max: usize) -> Loader {
    let mut records = good_records(8);
    for &index in bad {
        records[index] = record(b"no image", 1, &format!("bad-{index}.JPEG"));
    }
    let on_bad_image = OnBadImage::Skip { max };
    records_loader(&records, LoaderOptions { on_bad_image, ..in_order(2, KEEP) })
}

#[test]
fn a_saved_epoch_goes_on_with_the_same_batches() {
    let loader = synthetic(60, options());
    let all = batches(&loader, 2, 0);
    for count in 0..=all.len() {
        let state = saved_after(&loader, count);
        assert_eq!((state.epoch(), state.next_batch(), state.bad()), (2, count, 0));
        // Another process has other threads.
        let other = synthetic(60, LoaderOptions { workers: 5, prefetch: 1, ..options() });
        let rest: Vec<Batch> = other.resume(&state).unwrap().collect::<Result<_, _>>().unwrap();
        assert!(rest == all[count..], "after {count} batches");
    }
}

#[test]
fn batches_made_in_advance_do_not_count() {
    let loader = synthetic(60, LoaderOptions { prefetch: 8, ..options() });
    let mut epoch = loader.epoch(2, 0);
    epoch.next().unwrap().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert_eq!(epoch.state().next_batch(), 1);
}

#[test]
fn a_resumed_epoch_can_be_saved_again() {
    let loader = synthetic(60, options());
    let mut resumed = loader.resume(&saved_after(&loader, 2)).unwrap();
    resumed.next().unwrap().unwrap();
    assert_eq!(resumed.state(), saved_after(&loader, 3));
}

#[test]
fn bad_images_before_the_state_count_towards_the_limit() {
    let words = ["more than 2 bad images", "bad-7.JPEG"];
    let loader = with_bad(&[1, 2, 7], 2);
    let mut whole = loader.epoch(0, 0);
    let interrupted = whole.by_ref().nth(1).unwrap().map(drop);
    assert!(interrupted.is_ok());
    let state = whole.state();
    assert_eq!((state.next_batch(), state.bad()), (2, 2));
    let first_error = |batches: resnet_data::Batches| {
        batches.into_iter().find_map(Result::err).expect("the third bad image is too much")
    };
    assert_says(&first_error(whole).to_string(), &words);
    assert_says(&first_error(loader.resume(&state).unwrap()).to_string(), &words);
}

#[test]
fn bad_images_are_replaced_alike_in_whole_and_resumed_epochs() {
    let loader = with_bad(&[1, 2, 7], 3);
    let all = batches(&loader, 0, 0);
    for count in 0..4 {
        let mut epoch = loader.epoch(0, 0);
        let passed: usize = epoch.by_ref().take(count).map(|batch| batch.unwrap().bad.len()).sum();
        let state = epoch.state();
        let mut resumed = loader.resume(&state).unwrap();
        let rest: Vec<Batch> = resumed.by_ref().collect::<Result<_, _>>().unwrap();
        assert!(rest == all[count..], "after {count} batches");
        assert_eq!((state.bad(), resumed.state().bad()), (passed, 3));
    }
}

#[test]
fn after_an_error_the_state_is_that_before_the_failed_batch() {
    let loader = with_bad(&[3], 0);
    let mut epoch = loader.epoch(0, 0);
    assert!(matches!(epoch.find_map(Result::err), Some(DataError::TooManyBadImages { .. })));
    assert_eq!((epoch.state().next_batch(), epoch.state().bad()), (1, 0));
}

#[test]
fn a_state_of_other_batches_is_refused_and_the_difference_named() {
    let state = saved_after(&synthetic(60, options()), 2);
    let refused = |len: usize, options: LoaderOptions, words: &[&str]| {
        let error = synthetic(len, options).resume(&state).err().unwrap().to_string();
        assert_says(&error, words);
    };
    refused(61, options(), &["the number of images was 60 and is 61"]);
    refused(60, LoaderOptions { seed: 1, ..options() }, &["seed was 42 and is 1"]);
    let other = LoaderOptions { batch_size: 6, ..options() };
    refused(60, other, &["batch_size was 7 and is 6", "same options", "start the epoch anew"]);
    let sampling = Sampling::Sequential;
    refused(60, LoaderOptions { sampling, ..options() }, &["sampling was Shuffled and is Seq"]);
    let last_batch = LastBatch::Mask;
    refused(60, LoaderOptions { last_batch, ..options() }, &["last_batch was Drop and is Mask"]);
    let rank = Rank { index: 1, size: 2 };
    refused(60, LoaderOptions { rank, ..options() }, &["rank was Rank { index: 0, size: 1 }"]);
}

#[test]
fn a_state_beyond_the_epoch_is_refused() {
    let loader = synthetic(60, options());
    let mut state = serde_json::to_value(saved_after(&loader, 2)).unwrap();
    state["next_batch"] = 9.into();
    let error = loader.resume(&serde_json::from_value(state).unwrap()).err().unwrap().to_string();
    assert_says(&error, &["next_batch must be no more than the batches of an epoch, not 9"]);
}
