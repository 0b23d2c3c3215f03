//! What a training run is, and what it tells.
//!
//! A [`Recipe`] holds every number that decides the result of a run; it reads and writes TOML,
//! refuses unknown keys and checks itself. A [`LrSchedule`] is the learning rate as a pure function
//! of the step; lengths in it are [`Span`]s. [`Recipe::with_overrides`] changes single keys. While a
//! run goes on it reports [`RunEvent`]s to [`Sink`]s, of which [`JsonLines`], [`Csv`] and
//! [`TensorBoard`] are three.
//!
//! ```
//! use resnet_recipe::{Recipe, presets};
//!
//! # fn main() -> Result<(), resnet_recipe::RecipeError> {
//! let mut recipe = presets::tutorial();
//! recipe.train.epochs = 10;
//! recipe.check()?;
//! let schedule = recipe.lr_schedule(5004);
//! assert_eq!(schedule.at(0), 0.0); // warm-up starts at zero
//! assert_eq!(Recipe::from_toml(&recipe.to_toml())?, recipe);
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here knows tensors or devices.

#![warn(missing_docs)]

mod appending;
mod csv;
mod events;
mod jsonl;
pub mod presets;
mod recipe;
mod schedule;
mod span;
mod tensorboard;
mod totals;

pub use csv::Csv;
pub use events::{
    Damaged, EpochReport, Evaluation, Fanout, InitialWeightsLoaded, LayerValues, NonFinite,
    Picture, Resumed, RunEvent, RunStart, Sink, SinkError, StepReport,
};
pub use jsonl::JsonLines;
pub use recipe::{
    Activation, AntiAlias, Attention, Augment, BadImages, Bits, Block, Channels, ClassWeights,
    Clip, Crop, Data, Decay, Dicom, Distillation, Ema, Frame, FreezeUntil, GradientExchange,
    Interpolation, Loss, LossKind, LrScaling, Model, Norm, Optimizer, Pooling, Precision,
    ProgressiveResolution, Recipe, RecipeError, Rule, Sampler, Sampling, Schedule, Shortcut,
    StemKind, StemPool, Train, ValidationCrop, ValidationViews, Version, Warmup, Window,
    effective_number,
};
pub use schedule::{
    DecaySteps, LrSchedule, Plateau, PlateauState, WarmupShape, WarmupSteps, Watch,
};
pub use span::{RunLength, Span, SpanError};
pub use tensorboard::TensorBoard;
pub use totals::{Averages, Totals};
