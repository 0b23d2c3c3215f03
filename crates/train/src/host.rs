//! Numbers that are read back from a device. It is waited for then, so a step does it never, but for what
//! ranks exchange.

use burn::tensor::Tensor;

/// The numbers of `values`.
pub(crate) fn read(values: Tensor<1>) -> Vec<f32> {
    #[cfg(test)]
    tests::READS.set(tests::READS.get() + 1);
    values.into_data().iter::<f32>().collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::Arc;

    use burn::tensor::Device;
    use resnet_data::SyntheticImages;
    use resnet_recipe::{Fanout, presets};

    use crate::OnNonFinite;
    use crate::device::Chosen;
    use crate::run::{Datasets, RunOptions, train};

    thread_local! {
        /// How often this thread has read; the one that writes checkpoints is another.
        pub(super) static READS: Cell<u64> = const { Cell::new(0) };
    }

    /// Reads in four steps of a run, without an evaluation.
    fn reads(log_every: u64, on_non_finite: OnNonFinite) -> u64 {
        let folder = tempfile::tempdir().expect("a folder");
        let mut recipe = presets::fashion_mnist_sample();
        (recipe.train.batch_size, recipe.train.epochs_between_evals) = (4, 2);
        (recipe.data.image_size, recipe.data.validation_resize) = (12, 12);
        let make = |len, seed| Arc::new(SyntheticImages::new(len, 10, seed).with_side(12));
        let datasets = Datasets { train: make(17, 1), validation: make(6, 2) };
        let max_steps = Some(4);
        let options =
            RunOptions { log_every, on_non_finite, max_steps, ..RunOptions::new(folder.path()) };
        let (name, reason) = ("CPU".to_owned(), "a test".to_owned());
        let chosen = Chosen { device: Device::flex(), api: None, name, reason };
        let before = READS.get();
        let outcome = train(&recipe, &datasets, &options, &chosen, &mut Fanout::default());
        assert_eq!(outcome.expect("trains").steps, 4);
        READS.get() - before
    }

    #[test]
    fn steps_read_nothing_back_and_a_report_reads_once_for_all_its_steps() {
        for on_non_finite in [OnNonFinite::Stop, OnNonFinite::SkipStep] {
            assert_eq!(reads(100, on_non_finite), 1, "{on_non_finite:?}: one report at the end");
            assert_eq!(reads(1, on_non_finite), 4, "{on_non_finite:?}: one report a step");
        }
    }
}
