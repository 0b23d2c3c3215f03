//! Whether the options of a network fit together.

use thiserror::Error;

use crate::config::ResNetConfig;
use crate::options::{BlockKind, NormKind, Shortcut, Version};

/// The options of a network contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("this network cannot be built: {problem}; {remedy}")]
pub struct ConfigError {
    /// What is wrong.
    pub problem: String,
    /// What to change.
    pub remedy: &'static str,
}

impl ResNetConfig {
    /// Whether the options fit together.
    ///
    /// # Errors
    /// [`ConfigError`] with the first contradiction and what to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        let inner = self.width * self.base_width / 64 * self.groups;
        let plain = self.groups == 1 && self.base_width == 64;
        let sizes = [self.width, self.stem_width, self.in_channels, self.num_classes, self.groups];
        let fail = |problem: String, remedy| Err(ConfigError { problem, remedy });
        if !(3..=4).contains(&self.blocks.len()) || self.blocks.contains(&0) {
            let problem = format!("its stages have {:?} blocks", self.blocks);
            return fail(problem, "give three or four stages of at least one block");
        }
        if sizes.contains(&0) || inner == 0 {
            return fail("a size is zero".to_owned(), "make widths, channels and classes positive");
        }
        if self.stem_convs().contains(&0) {
            return fail("its stem is too narrow".to_owned(), "choose a stem_width of at least 3");
        }
        if self.block == BlockKind::Basic && !plain {
            return fail("basic blocks have no groups".to_owned(), "choose bottlenecks");
        }
        let first = self.width * self.block.expansion();
        if self.shortcut == Shortcut::Pad && self.stem_width > first {
            let problem = "its shortcuts would have to leave channels out".to_owned();
            return fail(problem, "choose a stem that is no wider than the first stage");
        }
        if ![8, 16, 32].contains(&self.output_stride) {
            let problem = format!("its output stride is {}", self.output_stride);
            return fail(problem, "choose 8, 16 or 32");
        }
        if self.version == Version::V2 && (self.anti_alias.is_some() || self.attention.is_some()) {
            let problem = "version 2 has neither anti-aliasing nor attention".to_owned();
            return fail(problem, "choose version 1.5");
        }
        if ![self.stochastic_depth, self.dropout].iter().all(|rate| (0.0..1.0).contains(rate)) {
            return fail("a drop rate is not in [0, 1)".to_owned(), "choose one below 1");
        }
        self.check_norm(inner)
    }

    fn check_norm(&self, inner: usize) -> Result<(), ConfigError> {
        let NormKind::Group { groups } = self.norm else { return Ok(()) };
        let divides = |channels: usize| groups > 0 && channels.is_multiple_of(groups);
        let widths = self.stem_convs().into_iter().chain([self.width, inner]);
        if widths.into_iter().all(divides) {
            return Ok(());
        }
        Err(ConfigError {
            problem: format!("its channels do not divide into {groups} groups"),
            remedy: "choose a number of groups that divides every width",
        })
    }

    /// Channels after each convolution of the stem.
    fn stem_convs(&self) -> Vec<usize> {
        let convs = self.stem.convs(self.in_channels, self.stem_width);
        convs.iter().map(|conv| conv.output).collect()
    }
}
