//! Training, validation and test images of any data set.

use resnet_data::{Dataset, DatasetError};

/// Shares where a data set has no splits.
const THREE: &str = "train=0.7,validation=0.15,test=0.15";
/// Shares of the training images where only those to validate by are missing.
const WITHOUT_VALIDATION: &str = "train=0.85,validation=0.15";
/// Shares of the training images where only those to test by are missing.
const WITHOUT_TEST: &str = "train=0.85,test=0.15";

/// The data set with the splits `train`, `validation` and `test`. What is missing is cut from the training
/// images, or from all where there are no splits: stratified, and groups stay whole.
///
/// # Errors
/// [`DatasetError`] if there are no training images, a split would get no image, or a label cannot
/// be read.
pub fn with_all_splits(dataset: &Dataset, seed: u64) -> Result<Dataset, DatasetError> {
    let known = dataset.splits();
    let has = |name: &str| known.contains(&name);
    let (from, shares) = match (has("validation"), has("test")) {
        (true, true) => return Ok(dataset.clone()),
        (false, true) => ("train", WITHOUT_VALIDATION),
        (true, false) => ("train", WITHOUT_TEST),
        (false, false) => (if has("train") { "train" } else { "all" }, THREE),
    };
    dataset.resplit(&[from], &shares.parse().expect("shares that add up to 1"), seed)
}

/// The splits whose images take part in a cross-validation: all but the test images, if there are images
/// to train on besides.
pub(crate) fn pool(dataset: &Dataset) -> Vec<String> {
    let known = dataset.splits();
    let wanted = ["train", "validation", "all"];
    known.into_iter().filter(|name| wanted.contains(name)).map(str::to_owned).collect()
}
