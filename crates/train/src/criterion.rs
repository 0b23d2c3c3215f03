//! What a recipe's training step minimises: the loss of a batch, the weights of its classes, and what
//! a teacher says.

use burn::tensor::activation::{log_softmax, sigmoid};
use burn::tensor::{Device, Tensor, TensorData};
use resnet_data::{DataError, Source};
use resnet_recipe::{Loss, LossKind, Recipe};

use crate::TrainError;
use crate::input::DeviceBatch;
use crate::label_sets::LabelSets;
use crate::loss::{Targets, binary_costs, cross_entropy, sum_of_rows};
use crate::meter::Meter;
use crate::teacher::Teacher;

/// The loss of a recipe, with what it needs besides a batch.
#[derive(Debug, Clone)]
pub struct Criterion {
    settings: Loss,
    /// The weight of each class, `[classes]`; `None` if all are the same.
    class_weights: Option<Tensor<1>>,
    /// The factor of what a class costs where it is true, `[classes]`; `None` if it is 1 for all.
    positive_weights: Option<Tensor<1>>,
    teacher: Option<Teacher>,
    /// Where several classes may be true of an image.
    label_sets: Option<LabelSets>,
}

impl Criterion {
    /// The loss of `recipe` on `device` (without autodiff), for training images with these numbers
    /// in each class; see [`class_counts`].
    ///
    /// # Errors
    /// [`TrainError::ClassCounts`] if the weights of classes depend on their numbers and there is not
    /// one for each class, and what keeps the teacher from being read.
    pub fn new(recipe: &Recipe, counts: &[u64], device: &Device) -> Result<Self, TrainError> {
        let (settings, classes) = (recipe.loss.clone(), recipe.model.num_classes);
        if settings.class_weights.need_counts() && counts.len() != classes {
            return Err(TrainError::ClassCounts { classes, counts: counts.len() });
        }
        let on_device = |weights: Vec<f64>| {
            let weights: Vec<f32> = weights.into_iter().map(|weight| weight as f32).collect();
            Tensor::from_data(TensorData::new(weights, [classes]), device)
        };
        let positive_weights = settings.positive_weights.clone();
        let teacher = settings.distillation.as_ref();
        let teacher = teacher.map(|settings| Teacher::load(settings, recipe, device));
        Ok(Self {
            class_weights: settings.class_weights.of(counts).map(on_device),
            positive_weights: (!positive_weights.is_empty()).then(|| on_device(positive_weights)),
            teacher: teacher.transpose()?,
            label_sets: LabelSets::of(recipe, device),
            settings,
        })
    }

    /// The loss of `recipe` on these training images, whose labels are looked at only if it depends on
    /// them.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if a label cannot be read.
    pub fn of_images(
        recipe: &Recipe,
        train: &dyn Source,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let counts = match recipe.loss.class_weights.need_counts() {
            true => class_counts(train, recipe.model.num_classes)?,
            false => Vec::new(),
        };
        Self::new(recipe, &counts, device)
    }

    /// The loss of each example, `[b]`, from `images` `[b, c, h, w]` and the network's `logits`
    /// `[b, classes]` of them, both on the autodiff side of the device.
    #[must_use]
    pub fn per_example(&self, images: Tensor<4>, logits: Tensor<2>, targets: Targets) -> Tensor<1> {
        let Some(teacher) = &self.teacher else {
            return self.without_teacher(logits, targets);
        };
        let own = self.without_teacher(logits.clone(), targets);
        teacher.mixed(own, images, logits)
    }

    /// The same without what a teacher says.
    #[must_use]
    pub fn without_teacher(&self, logits: Tensor<2>, targets: Targets) -> Tensor<1> {
        let Loss { kind, label_smoothing, focal_gamma, .. } = &self.settings;
        let plain = self.class_weights.is_none() && *focal_gamma == 0.0;
        let classes = logits.dims()[1];
        match kind {
            LossKind::CrossEntropy if plain => {
                mixed_cross_entropy(logits, targets, *label_smoothing)
            }
            LossKind::CrossEntropy => {
                self.weighted_cross_entropy(logits, targets.shares(classes, *label_smoothing))
            }
            LossKind::BinaryCrossEntropy => {
                let known = self.known(&targets);
                self.binary(logits, self.shares(targets, classes, known.as_ref()), known)
            }
        }
    }

    /// The target of each class, `[b, classes]`; 0 where it is not `known`.
    fn shares(&self, targets: Targets, classes: usize, known: Option<&Tensor<2>>) -> Tensor<2> {
        let smoothing = self.settings.label_smoothing;
        let Some(sets) = &self.label_sets else { return targets.shares(classes, smoothing) };
        let truth = targets.mixed_by(|labels| sets.truth(labels)).mul_scalar(1.0 - smoothing);
        match known {
            Some(known) => truth + known.clone().mul_scalar(smoothing / 2.0),
            None => truth.add_scalar(smoothing / 2.0),
        }
    }

    /// For each class the share of what was mixed of which it is known whether it is true, `[b, classes]`;
    /// `None` if everything is known.
    fn known(&self, targets: &Targets) -> Option<Tensor<2>> {
        let sets = self.label_sets.as_ref()?;
        let own = sets.known(targets.labels.clone())?;
        let Some((labels, share)) = targets.mixed_in.clone() else { return Some(own) };
        Some(own.mul_scalar(1.0 - share) + sets.known(labels)?.mul_scalar(share))
    }

    /// Counts a batch with its losses `[b]` and its logits `[b, classes]`, both without autodiff.
    pub(crate) fn count(
        &self,
        meter: &mut Meter,
        losses: Tensor<1>,
        logits: Tensor<2>,
        batch: &DeviceBatch,
    ) {
        count(self.label_sets.as_ref(), meter, losses, logits, batch);
    }

    /// `Σ -t w (1 - p)^γ ln p` over the classes.
    fn weighted_cross_entropy(&self, logits: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
        let log_p = log_softmax(logits, 1);
        let wrong = log_p.clone().exp().neg().add_scalar(1.0);
        let cost = self.focused(log_p.neg(), wrong);
        sum_of_rows(self.weighted(cost) * targets)
    }

    /// The mean over the classes of `w (1 - p)^γ` times each one's own cross-entropy, where p is the
    /// probability of what is right. What is not known costs nothing.
    fn binary(&self, logits: Tensor<2>, targets: Tensor<2>, known: Option<Tensor<2>>) -> Tensor<1> {
        let classes = logits.dims()[1] as f64;
        let mut costs = binary_costs(logits.clone(), targets.clone(), known);
        if let Some(factors) = &self.positive_weights {
            // The cost of the targets is t ln(1 + e^-x) of it.
            let penalty = logits.clone().abs().neg().exp().log1p();
            let missed = targets.clone() * (logits.clone().neg().clamp_min(0.0) + penalty);
            costs = costs + by_class(missed, &factors.clone().sub_scalar(1.0));
        }
        if self.settings.focal_gamma > 0.0 {
            let p = sigmoid(logits);
            // 1 - (p t + (1 - p) (1 - t))
            let wrong = p.clone() + targets.clone() - p.mul(targets).mul_scalar(2.0);
            costs = self.focused(costs, wrong);
        }
        sum_of_rows(self.weighted(costs)).div_scalar(classes)
    }

    /// `cost` times `wrong^γ`.
    fn focused(&self, cost: Tensor<2>, wrong: Tensor<2>) -> Tensor<2> {
        let gamma = self.settings.focal_gamma;
        if gamma == 0.0 { cost } else { cost * wrong.clamp_min(0.0).powf_scalar(gamma) }
    }

    fn weighted(&self, cost: Tensor<2>) -> Tensor<2> {
        match &self.class_weights {
            Some(weights) => by_class(cost, weights),
            None => cost,
        }
    }
}

/// `costs` `[b, classes]` times the factor of each class, `[classes]`, which is without autodiff.
fn by_class(costs: Tensor<2>, factors: &Tensor<1>) -> Tensor<2> {
    let factors = factors.clone().unsqueeze::<2>();
    let tracked = costs.device().is_autodiff();
    costs * if tracked { Tensor::from_inner(factors) } else { factors }
}

/// As [`Criterion::count`]: answers are right by the batch's labels, or by the sets of them.
pub(crate) fn count(
    label_sets: Option<&LabelSets>,
    meter: &mut Meter,
    losses: Tensor<1>,
    logits: Tensor<2>,
    batch: &DeviceBatch,
) {
    match label_sets {
        None => meter.add(losses, logits, batch),
        Some(sets) => {
            let labels = batch.labels.clone().inner();
            meter.add_right(losses, sets.right(logits, labels), batch);
        }
    }
}

/// Cross-entropy is linear in the target: that of a mixture is the mixture of both.
fn mixed_cross_entropy(logits: Tensor<2>, targets: Targets, smoothing: f64) -> Tensor<1> {
    let Some((labels, share)) = targets.mixed_in else {
        return cross_entropy(logits, targets.labels, smoothing);
    };
    let own = cross_entropy(logits.clone(), targets.labels, smoothing);
    let other = cross_entropy(logits, labels, smoothing);
    own.mul_scalar(1.0 - share) + other.mul_scalar(share)
}

/// The number of images of each of `classes` classes; asks for the label of every image, which some
/// sources have to read the image for.
///
/// # Errors
/// [`DataError`] if a label cannot be read.
pub fn class_counts(source: &dyn Source, classes: usize) -> Result<Vec<u64>, DataError> {
    let mut counts = vec![0; classes];
    for index in 0..source.len() {
        if let Some(count) = counts.get_mut(source.label(index)? as usize) {
            *count += 1;
        }
    }
    Ok(counts)
}
