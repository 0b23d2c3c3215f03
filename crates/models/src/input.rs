//! Images that a network cannot take.

use thiserror::Error;

use crate::ResNet;

/// Images of a shape that a network does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InputError {
    /// Other channels, or nothing in it.
    #[error(
        "images of shape {given:?} do not fit a network that takes [batch, {channels}, height, width], \
         each at least 1; channels come before rows, and `in_channels` makes a network for others"
    )]
    Shape {
        /// Shape of the images.
        given: [usize; 4],
        /// Channels that the network takes.
        channels: usize,
    },
    /// A height or width that its filters cannot halve.
    #[error(
        "images of shape {given:?} do not fit a network that takes [batch, {channels}, height, width] of \
         such heights and widths that its anti-aliasing filters can halve its feature maps: choose \
         multiples of 32, which always fit"
    )]
    Size {
        /// Shape of the images.
        given: [usize; 4],
        /// Channels that the network takes.
        channels: usize,
    },
}

impl ResNet {
    /// Whether images of this shape can come in.
    ///
    /// # Errors
    /// [`InputError`] with both shapes.
    pub fn check_input(&self, given: [usize; 4]) -> Result<(), InputError> {
        let channels = self.in_channels();
        if given[1] != channels || given.contains(&0) {
            return Err(InputError::Shape { given, channels });
        }
        let fits = |n| self.settings.halvings.iter().try_fold(n, |n, halving| halving.of(n));
        let fit = given[2..].iter().all(|&n| fits(n).is_some());
        if fit { Ok(()) } else { Err(InputError::Size { given, channels }) }
    }
}
