//! Classes so small that a split got none of them.

use super::assign::Shares;
use super::units::Units;

/// Moves units to splits that lack a class, as long as no split loses one by it.
///
/// If every group has one class, a class that has as many groups as there are splits ends in each:
/// while one split lacks it, another has two groups of it.
pub(super) fn fill_empty_classes(units: &Units, shares: &mut Shares, split_of: &mut [usize]) {
    let missing: Vec<(usize, usize)> = shares.missing().collect();
    for (split, class) in missing {
        let lacks = shares.missing().any(|empty| empty == (split, class));
        let spare = |&unit: &usize| shares.can_spare(&units.all[unit], split_of[unit]);
        // Small units come last; moving one changes the shares least.
        let Some(moved) = units.with_class(class).filter(spare).last().filter(|_| lacks) else {
            continue;
        };
        shares.remove(&units.all[moved], split_of[moved]);
        shares.add(&units.all[moved], split);
        split_of[moved] = split;
    }
}
