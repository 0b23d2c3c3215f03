//! Images of which any number of the network's classes may be true.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use resnet_recipe::Recipe;

use crate::loss::binary_costs;

/// Which of the network's classes are true of an image with a given label.
#[derive(Debug, Clone)]
pub(crate) struct LabelSets {
    /// `[labels, classes]` of 0 and 1.
    truth: Tensor<2>,
    /// The same, 0 where it is not known whether a class is true; `None` if all are known.
    known: Option<Tensor<2>>,
}

impl LabelSets {
    /// Those of `recipe`, on `device` (without autodiff); `None` if the label is the class.
    pub(crate) fn of(recipe: &Recipe, device: &Device) -> Option<Self> {
        let (sets, unknown) = (&recipe.data.label_sets, &recipe.data.unknown_labels);
        if sets.is_empty() {
            return None;
        }
        let classes = recipe.model.num_classes;
        let known = (!unknown.is_empty()).then(|| table(unknown, classes, [1.0, 0.0], device));
        Some(Self { truth: table(sets, classes, [0.0, 1.0], device), known })
    }

    /// The truth of images with these labels (`[b]`, with or without autodiff), `[b, classes]`; 0 where it is
    /// not known.
    pub(crate) fn truth(&self, labels: Tensor<1, Int>) -> Tensor<2> {
        rows(&self.truth, labels)
    }

    /// 1 where the truth is known, `[b, classes]`, as [`truth`](Self::truth); `None` if it is everywhere.
    pub(crate) fn known(&self, labels: Tensor<1, Int>) -> Option<Tensor<2>> {
        self.known.as_ref().map(|known| rows(known, labels))
    }

    /// The loss of each image in nats, `[b]`, from `logits` `[b, classes]`: the mean over all classes, of which
    /// those that are not known cost nothing.
    pub(crate) fn loss(&self, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
        let [batch, _] = logits.dims();
        let known = self.known(labels.clone());
        binary_costs(logits, self.truth(labels), known).mean_dim(1).reshape([batch])
    }

    /// For each image the share of its answers that are right, and 1 if all are, `[b]` both; the answer
    /// is yes from a probability of 0.5 on. Any answer about what is not known is right.
    pub(crate) fn right(&self, logits: Tensor<2>, labels: Tensor<1, Int>) -> [Tensor<1>; 2] {
        let [batch, _] = logits.dims();
        let truth: Tensor<2, Bool> = self.truth(labels.clone()).greater_elem(0.5);
        let right = logits.greater_equal_elem(0.0).equal(truth);
        let right = match self.known(labels) {
            Some(known) => right.bool_or(known.lower_elem(0.5)).float(),
            None => right.float(),
        };
        let all = right.clone().min_dim(1).reshape([batch]);
        [right.mean_dim(1).reshape([batch]), all]
    }
}

/// A row of `classes` for each set: the second of the values where the set has the class, else the first.
fn table(
    sets: &[Vec<usize>],
    classes: usize,
    [otherwise, inside]: [f32; 2],
    device: &Device,
) -> Tensor<2> {
    let value = |set: &Vec<usize>, class| if set.contains(&class) { inside } else { otherwise };
    let row = |set| (0..classes).map(move |class| value(set, class));
    let values: Vec<f32> = sets.iter().flat_map(row).collect();
    Tensor::from_data(TensorData::new(values, [sets.len(), classes]), device)
}

/// The rows of images with these labels (`[b]`, with or without autodiff), `[b, classes]`.
fn rows(table: &Tensor<2>, labels: Tensor<1, Int>) -> Tensor<2> {
    let table = table.clone();
    let table = if labels.device().is_autodiff() { Tensor::from_inner(table) } else { table };
    table.select(0, labels)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};
    use resnet_recipe::{LossKind, presets};

    use super::LabelSets;

    fn sets() -> LabelSets {
        let mut recipe = presets::fashion_mnist_sample();
        recipe.model.num_classes = 3;
        recipe.loss.kind = LossKind::BinaryCrossEntropy;
        recipe.data.label_sets = vec![vec![], vec![0, 2], vec![1]];
        recipe.check().expect("sound");
        LabelSets::of(&recipe, &Device::flex()).expect("sets")
    }

    fn logits() -> Tensor<2> {
        let rows = [[-1.0_f32, -2.0, -3.0], [0.5, 4.0, -0.25], [-1.0, 2.0, -1.0]];
        Tensor::from_data(rows, &Device::flex())
    }

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().iter().collect()
    }

    #[test]
    fn each_class_is_answered_by_itself() {
        let labels = || Tensor::from_data([0, 1, 2], &Device::flex());
        let truth = [[0.0, 0.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]].concat();
        assert_eq!(values(sets().truth(labels())), truth);
        let [share, all] = sets().right(logits(), labels());
        assert_eq!(values(all), [1.0, 0.0, 1.0]);
        let off = values(share).into_iter().zip([1.0, 1.0 / 3.0, 1.0]).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f32::max) < 1e-6);
    }

    #[test]
    fn what_is_not_known_costs_nothing_and_is_never_wrong() {
        let mut recipe = presets::fashion_mnist_sample();
        recipe.model.num_classes = 3;
        recipe.loss.kind = LossKind::BinaryCrossEntropy;
        recipe.data.label_sets = vec![vec![], vec![0], vec![1]];
        recipe.data.unknown_labels = vec![vec![0, 1, 2], vec![2], vec![]];
        recipe.check().expect("sound");
        let sets = LabelSets::of(&recipe, &Device::flex()).expect("sets");
        let labels = || Tensor::from_data([0, 1, 2], &Device::flex());
        let loss = values(sets.loss(logits(), labels()));
        let cost = |logit: f32| (1.0 + logit.exp()).ln();
        // Of the second image 0.5 is right to be above 0, 4 is not.
        let wanted = [0.0, (cost(-0.5) + cost(4.0)) / 3.0, (2.0 * cost(-1.0) + cost(-2.0)) / 3.0];
        let off = loss.iter().zip(wanted).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f32::max) < 1e-6, "{loss:?} {wanted:?}");
        let [_, all] = sets.right(logits(), labels());
        assert_eq!(values(all), [1.0, 0.0, 1.0]);
    }

    #[test]
    fn the_loss_is_that_of_pytorch() {
        // F.binary_cross_entropy_with_logits(torch.tensor([[.5, 4., -.25]]), torch.tensor([[1., 0., 1.]]))
        let logits = logits().slice([1..2, 0..3]);
        let loss = values(sets().loss(logits, Tensor::from_data([1], &Device::flex())));
        let of = |logit: f64, truth: f64| {
            let p = 1.0 / (1.0 + (-logit).exp());
            -(truth * p.ln() + (1.0 - truth) * (1.0 - p).ln())
        };
        let expected = (of(0.5, 1.0) + of(4.0, 0.0) + of(-0.25, 1.0)) / 3.0;
        assert!((f64::from(loss[0]) - expected).abs() < 1e-6, "{loss:?} {expected}");
    }
}
