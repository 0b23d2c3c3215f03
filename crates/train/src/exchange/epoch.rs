//! What ranks tell each other at the end of an epoch.

use resnet_distributed::World;
use resnet_recipe::Totals;

use crate::TrainError;

/// Sums and unreadable images of an evaluation, of all ranks.
pub(crate) fn total(
    world: &World,
    totals: Totals,
    bad_images: Vec<String>,
) -> Result<(Totals, Vec<String>), TrainError> {
    if world.is_alone() {
        return Ok((totals, bad_images));
    }
    let mut sums = [totals.examples, totals.cross_entropy, totals.top1, totals.top5];
    world.sum_f64(&mut sums)?;
    let [examples, cross_entropy, top1, top5] = sums;
    let bad_images = gather_epoch(world, bad_images)?;
    Ok((Totals { examples, cross_entropy, top1, top5 }, bad_images))
}

/// The names that all ranks have, those of rank 0 first.
pub(crate) fn gather_epoch(world: &World, names: Vec<String>) -> Result<Vec<String>, TrainError> {
    if world.is_alone() {
        return Ok(names);
    }
    let all = world.gather(serde_json::to_vec(&names).unwrap_or_default())?;
    let of_rank =
        |bytes: Vec<u8>| serde_json::from_slice::<Vec<String>>(&bytes).unwrap_or_default();
    Ok(all.into_iter().flat_map(of_rank).collect())
}
