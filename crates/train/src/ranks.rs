//! Several devices that train one network: how they begin together.
//!
//! Every rank runs the whole of [`run::train`](crate::run::train) with its share of every batch. Rank 0 alone
//! reads and writes the model folder.

mod sharing;

use resnet_data::Rank;
use resnet_recipe::Recipe;

use crate::options::RunOptions;
use crate::{OnNonFinite, TrainError};

pub use crate::exchange::sums_over;
pub(crate) use sharing::{agree, begin_together};

/// The part of every epoch that the rank `world` is of loads.
///
/// # Errors
/// [`TrainError::BatchOfRanks`] if the batch cannot be shared out evenly, and
/// [`TrainError::RollBackOfRanks`] for what ranks cannot do.
pub(crate) fn share(options: &RunOptions, recipe: &Recipe) -> Result<Rank, TrainError> {
    let world = &options.world;
    let (batch_size, ranks) = (recipe.train.batch_size, world.size());
    if ranks > 1 && matches!(options.on_non_finite, OnNonFinite::RollBack { .. }) {
        return Err(TrainError::RollBackOfRanks { ranks });
    }
    if batch_size.is_multiple_of(ranks) {
        return Ok(Rank { index: world.rank(), size: ranks });
    }
    Err(TrainError::BatchOfRanks { batch_size, ranks })
}
