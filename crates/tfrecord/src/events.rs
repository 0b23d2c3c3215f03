//! Event files, which TensorBoard reads: `tf.Event` messages in TFRecord frames.
//!
//! Source: `tensorflow/core/util/event.proto`, `tensorflow/core/framework/summary.proto` and
//! `tensorboard/plugins/hparams/api.proto` and `plugin_data.proto`.
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let run = dir.path().join("run-1");
//! use tfrecord_codec::events::{EventReader, EventWriter, SummaryValue};
//!
//! let mut writer = EventWriter::create(&run)?;
//! writer.scalar("train/loss", 0, 6.9)?;
//! writer.scalar("train/loss", 100, 5.2)?;
//! writer.flush()?;
//!
//! let events: Vec<_> = EventReader::open(writer.path())?.collect::<Result<_, _>>()?;
//! assert_eq!(events[0].file_version.as_deref(), Some("brain.Event:2"));
//! assert_eq!(events[2].step, 100);
//! assert_eq!(events[2].summaries[0].value, SummaryValue::Scalar(5.2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod event;
mod histogram;
mod hparams;
mod image;
mod options;
mod reader;
mod summary;
mod tensor;
mod writer;

pub use event::Event;
pub use histogram::Histogram;
pub use hparams::{HParam, SessionStatus};
pub use image::Image;
pub use options::EventWriterOptions;
pub use reader::EventReader;
pub use summary::{Summary, SummaryValue};
pub use writer::EventWriter;
