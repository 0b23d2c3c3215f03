//! Images that grow while the network trains.

use serde::{Deserialize, Serialize};

use super::RecipeError;
use super::check::ensure;

/// Small images first, for speed: the size of training images as a function of the epoch.
///
/// It stays at `start_size` up to `start_epoch`, grows in a straight line, and stays at `end_size`
/// from `end_epoch` on. In between it is rounded to a multiple of `multiple`, because networks shrink
/// their input by 32.
///
/// Source: [FFCV's](https://github.com/libffcv/ffcv-imagenet) `get_resolution`.
///
/// ```
/// use resnet_recipe::ProgressiveResolution;
///
/// // FFCV's recipe for 16 epochs.
/// let resolution = ProgressiveResolution {
///     start_size: 160,
///     end_size: 192,
///     start_epoch: 11,
///     end_epoch: 13,
///     multiple: 32,
/// };
/// assert_eq!([0, 11, 12, 13, 15].map(|epoch| resolution.size(epoch)), [160, 160, 192, 192, 192]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgressiveResolution {
    /// Side of the images at the beginning, in pixels.
    pub start_size: usize,
    /// Side of the images at the end, in pixels.
    pub end_size: usize,
    /// Last epoch with `start_size`, counted from 0.
    pub start_epoch: u64,
    /// First epoch with `end_size`.
    pub end_epoch: u64,
    /// Sizes in between are rounded to this.
    #[serde(default = "default_multiple")]
    pub multiple: usize,
}

fn default_multiple() -> usize {
    32
}

impl ProgressiveResolution {
    /// Side of the training images of an epoch, in pixels.
    #[must_use]
    pub fn size(&self, epoch: u64) -> usize {
        if epoch <= self.start_epoch {
            return self.start_size;
        }
        if epoch >= self.end_epoch {
            return self.end_size;
        }
        let done = (epoch - self.start_epoch) as f64 / (self.end_epoch - self.start_epoch) as f64;
        let (start, end) = (self.start_size as f64, self.end_size as f64);
        let multiple = self.multiple.max(1);
        let steps = (start + done * (end - start)) / multiple as f64;
        // Halves to the even neighbour, as numpy rounds; never to nothing.
        (steps.round_ties_even() as usize).max(1) * multiple
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`RecipeError::Value`] for the first one that makes no sense.
    pub fn check(&self) -> Result<(), RecipeError> {
        let positive = "must be at least 1";
        ensure("resolution.start_size", self.start_size, self.start_size > 0, positive)?;
        ensure("resolution.end_size", self.end_size, self.end_size > 0, positive)?;
        ensure("resolution.multiple", self.multiple, self.multiple > 0, positive)?;
        ensure(
            "resolution.end_epoch",
            self.end_epoch,
            self.end_epoch >= self.start_epoch,
            "must not be before resolution.start_epoch",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FFCV_88: ProgressiveResolution = ProgressiveResolution {
        start_size: 160,
        end_size: 192,
        start_epoch: 65,
        end_epoch: 76,
        multiple: 32,
    };

    #[test]
    fn sizes_are_those_of_ffcv() {
        // int(np.round(np.interp([epoch], [65, 76], [160, 192])[0] / 32)) * 32
        for (epoch, size) in [(0, 160), (65, 160), (70, 160), (71, 192), (76, 192), (87, 192)] {
            assert_eq!(FFCV_88.size(epoch), size, "epoch {epoch}");
        }
    }

    #[test]
    fn a_smaller_multiple_grows_in_smaller_steps() {
        let fine = ProgressiveResolution {
            start_size: 128,
            start_epoch: 0,
            end_epoch: 8,
            multiple: 4,
            ..FFCV_88
        };
        let sizes: Vec<usize> = (0..=8).map(|epoch| fine.size(epoch)).collect();
        assert_eq!(sizes, [128, 136, 144, 152, 160, 168, 176, 184, 192]);
    }

    #[test]
    fn sizes_may_shrink_and_a_ramp_may_be_a_step() {
        let step = ProgressiveResolution { end_size: 96, end_epoch: 65, ..FFCV_88 };
        assert_eq!([64, 65, 66].map(|epoch| step.size(epoch)), [160, 160, 96]);
    }

    #[test]
    fn senseless_values_are_named() {
        let bad = ProgressiveResolution { end_epoch: 3, ..FFCV_88 };
        assert!(bad.check().expect_err("3").to_string().starts_with("resolution.end_epoch = 3"));
        let bad = ProgressiveResolution { multiple: 0, ..FFCV_88 };
        assert!(bad.check().expect_err("0").to_string().starts_with("resolution.multiple = 0"));
        FFCV_88.check().expect("FFCV's values");
    }
}
