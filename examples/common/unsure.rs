//! What becomes of labels about which a manifest says neither yes nor no.

use clap::ValueEnum;
use resnet::data::{DatasetOptions, LabelPolicy};

#[derive(Debug, clap::Args)]
pub(crate) struct UnsureLabels {
    /// With several labels: what one is taken for whose column says -1 or `uncertain`. Without it, such a
    /// line is an error.
    #[arg(long, value_enum, value_name = "POLICY")]
    uncertain: Option<Policy>,
    /// The same for one whose column is empty.
    #[arg(long, value_enum, value_name = "POLICY")]
    unmentioned: Option<Policy>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Policy {
    /// Nothing is learned or judged by this label of this picture.
    Ignore,
    /// It is taken for true.
    Positive,
    /// It is taken for false.
    Negative,
}

impl UnsureLabels {
    /// The same as options of a data set.
    pub(crate) fn of(&self, options: DatasetOptions) -> DatasetOptions {
        DatasetOptions {
            uncertain: self.uncertain.map(policy),
            unmentioned: self.unmentioned.map(policy),
            ..options
        }
    }
}

fn policy(policy: Policy) -> LabelPolicy {
    match policy {
        Policy::Ignore => LabelPolicy::Ignore,
        Policy::Positive => LabelPolicy::Positive,
        Policy::Negative => LabelPolicy::Negative,
    }
}
