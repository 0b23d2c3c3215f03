//! Classes that validation images have and no training image does.

use std::collections::BTreeSet;

use resnet_data::Source;
use resnet_recipe::Recipe;

use crate::TrainError;
use crate::identity::Datasets;

/// Refuses validation images of a class that nothing teaches, where both sources know their labels;
/// `names` are those of the classes, if they have any.
pub(crate) fn check(
    recipe: &Recipe,
    datasets: &Datasets,
    names: &[String],
) -> Result<(), TrainError> {
    let [train, validation] = [&*datasets.train, &*datasets.validation];
    if !train.knows_labels() || !validation.knows_labels() {
        return Ok(());
    }
    let (taught, asked) = (classes(recipe, train)?, classes(recipe, validation)?);
    let name = |&class: &usize| names.get(class).cloned().unwrap_or_else(|| class.to_string());
    let classes: Vec<String> = asked.difference(&taught).map(name).collect();
    if classes.is_empty() { Ok(()) } else { Err(TrainError::UntrainedClasses { classes }) }
}

/// The classes that are true of an image of `source`.
fn classes(recipe: &Recipe, source: &dyn Source) -> Result<BTreeSet<usize>, TrainError> {
    let sets = &recipe.data.label_sets;
    let labels = (0..source.len()).map(|index| source.label(index));
    let labels: BTreeSet<u32> = labels.collect::<Result<_, _>>()?;
    let labels = labels.into_iter().map(|label| label as usize);
    Ok(match sets.is_empty() {
        true => labels.collect(),
        false => labels.filter_map(|label| sets.get(label)).flatten().copied().collect(),
    })
}
