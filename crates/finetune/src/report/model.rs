//! What the network is and what it is not for.

use resnet_recipe::Channels;
use resnet_report::sections::ModelCard;

use crate::Findings;

/// What holds for every network that is trained this way.
const LIMITS: [&str; 4] = [
    "The figures are of images from the same source as those it learned from. On images of another place they are \
     usually lower, by how much only a test there can tell.",
    "The labels of the data set are taken for the truth.",
    "The network may tell classes apart by what has nothing to do with them, such as markers or the scanner: look at \
     the heat maps and at subgroups.",
    "Whoever changes the training because of these test figures chooses on the test images: the next figures \
     are too good.",
];

pub(super) fn card(findings: &Findings) -> ModelCard {
    let model = &findings.recipe.model;
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let pretrained = match &findings.plan.pretrained {
        Some(path) => path.display().to_string(),
        None => "random weights".to_owned(),
    };
    let size = findings.recipe.data.image_size;
    let colour = match findings.recipe.data.channels {
        Channels::One => "in grey",
        Channels::Three | Channels::Auto => "in colour",
    };
    let steps = findings.fitted.outcome.best.map_or(0, |best| best.step);
    ModelCard {
        facts: vec![
            fact("Network", model.name.clone()),
            fact("Classes", findings.test.classes.join(", ")),
            fact("Input", format!("{size} × {size} pixels {colour}, the whole image")),
            fact("Started from", pretrained),
            fact("Weights", format!("of the smallest validation loss, after {steps} steps")),
            fact("Made with", format!("resnet-finetune {}", env!("CARGO_PKG_VERSION"))),
        ],
        intended_use: "Research on the images of this data set. Not for decisions about people."
            .to_owned(),
        limits: LIMITS.map(str::to_owned).to_vec(),
    }
}
