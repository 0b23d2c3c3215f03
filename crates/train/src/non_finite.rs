//! A loss or weights that are infinite or not a number.

use burn::module::Module;
use burn::tensor::{Bool, Tensor};
use resnet_data::Loader;

use crate::flat::{self, Flat, FlatTensors};

/// What a loss that is not finite does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnNonFinite {
    /// It ends the run. Seen when the next report reads the losses.
    #[default]
    Stop,
    /// The step is undone, on the device and without waiting for it: weights, running statistics and
    /// velocities stay as they were. Costs memory for a second copy of them and a pass over both.
    SkipStep,
    /// The run goes on from its last checkpoint with half the learning rate, up to `max` times.
    /// Seen when the next report reads the losses.
    RollBack {
        /// How often.
        max: u32,
    },
}

/// Steps in a row that may be skipped; more mean that nothing is learnt any more.
pub(crate) const MAX_SKIPS_IN_A_ROW: u64 = 20;

/// Whether all of `tensors` are finite, `[1]`, on the device.
pub(crate) fn all_finite<'a>(tensors: impl Iterator<Item = &'a Tensor<1>>) -> Tensor<1, Bool> {
    // A sum is finite only if all its terms are.
    Tensor::cat(tensors.map(|tensor| tensor.clone().sum()).collect(), 0).is_finite().all()
}

/// `after` where `ok`, else `before`.
pub(crate) fn choose(ok: &Tensor<1, Bool>, before: Tensor<1>, after: Tensor<1>) -> Tensor<1> {
    let mask = ok.clone().expand(before.shape());
    before.mask_where(mask, after)
}

/// `model` as it is where `ok`, else with the tensors of `before`.
pub(crate) fn restore_unless<M: Module>(
    ok: &Tensor<1, Bool>,
    mut before: FlatTensors,
    model: M,
) -> M {
    flat::map(model, |Flat { name, values, .. }| {
        before.remove(name).map(|before| choose(ok, before, values))
    })
}

/// The file names of the images that all ranks have in a batch, or where they are stored if they have none.
pub(crate) fn image_names(loader: &Loader, epoch: u64, batch: usize) -> Vec<String> {
    let (source, mut record) = (loader.source(), Vec::new());
    let name = |index: usize| {
        let sample = source.read(index, &mut record).ok();
        let name = sample.and_then(|sample| record.get(sample.filename)).unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        if name.is_empty() { source.place(index) } else { name }
    };
    loader.samples_of_all_ranks(epoch, batch).into_iter().map(name).collect()
}
