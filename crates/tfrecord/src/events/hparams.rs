//! The messages of TensorBoard's hparams plugin.
//!
//! Field numbers: `HParamsPluginData` `version` 1, `experiment` 2, `session_start_info` 3,
//! `session_end_info` 4; `Experiment` `time_created_secs` 3, `hparam_infos` 4, `metric_infos` 5;
//! `HParamInfo` `name` 1, `type` 4; `MetricInfo.name` 1 with `tag` 2; `SessionStartInfo`
//! `hparams` 1 (a map), `start_time_secs` 5; `SessionEndInfo` `status` 1, `end_time_secs` 2;
//! `google.protobuf.Value` `number_value` 2, `string_value` 3, `bool_value` 4.

use super::Summary;
use crate::wire::write;

const PLUGIN: &str = "hparams";

/// The value of a hyper-parameter, for [`EventWriter::hparams`](super::EventWriter::hparams).
///
/// ```
/// use tfrecord_codec::events::HParam;
///
/// let hparams = [
///     ("lr", HParam::Number(0.1)),
///     ("model", HParam::Text("resnet50".to_owned())),
///     ("nesterov", HParam::Switch(true)),
/// ];
/// assert_eq!(hparams.len(), 3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum HParam {
    /// A number.
    Number(f64),
    /// A word, such as the name of a model.
    Text(String),
    /// A switch.
    Switch(bool),
}

/// How a run ended.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// use tfrecord_codec::events::{EventWriter, SessionStatus};
///
/// let mut writer = EventWriter::create(dir.path())?;
/// writer.session_end(SessionStatus::Failure)?;
/// writer.flush()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// It did what it should.
    Success,
    /// It did not.
    Failure,
}

impl HParam {
    /// `DataType` of the plugin.
    fn data_type(&self) -> u64 {
        match self {
            Self::Text(_) => 1,
            Self::Switch(_) => 2,
            Self::Number(_) => 3,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Number(value) => write::f64_field(out, 2, *value),
            Self::Text(value) => write::bytes(out, 3, value.as_bytes()),
            Self::Switch(value) => write::varint_field(out, 4, u64::from(*value)),
        }
    }
}

/// Names the hyper-parameters and the tags of the metrics that the table shows.
pub(super) fn experiment(hparams: &[(&str, HParam)], metrics: &[&str], time: f64) -> Summary {
    plugin_data("_hparams_/experiment", 2, |out| {
        write::f64_field(out, 3, time);
        for (name, value) in hparams {
            write::message(out, 4, |out| {
                write::bytes(out, 1, name.as_bytes());
                write::varint_field(out, 4, value.data_type());
            });
        }
        for tag in metrics {
            write::message(out, 5, |out| {
                write::message(out, 1, |out| write::bytes(out, 2, tag.as_bytes()));
            });
        }
    })
}

/// The values of this run.
pub(super) fn session_start(hparams: &[(&str, HParam)], time: f64) -> Summary {
    plugin_data("_hparams_/session_start_info", 3, |out| {
        for (name, value) in hparams {
            write::message(out, 1, |out| {
                write::bytes(out, 1, name.as_bytes());
                write::message(out, 2, |out| value.write(out));
            });
        }
        write::f64_field(out, 5, time);
    })
}

/// How this run ended.
pub(super) fn session_end(status: SessionStatus, time: f64) -> Summary {
    let status = match status {
        SessionStatus::Success => 1,
        SessionStatus::Failure => 2,
    };
    plugin_data("_hparams_/session_end_info", 4, |out| {
        write::varint_field(out, 1, status);
        write::f64_field(out, 2, time);
    })
}

fn plugin_data(tag: &str, number: u8, fill: impl FnOnce(&mut Vec<u8>)) -> Summary {
    let mut content = Vec::new();
    write::message(&mut content, number, fill);
    Summary::plugin(tag, PLUGIN, content)
}
