//! `metrics.csv`: one row for each report, for spreadsheets.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use crate::{EpochReport, RunEvent, Sink, SinkError, StepReport, appending};

/// The columns, which stay as they are: new ones go to the end.
const HEADER: &str = "report,step,epoch,loss,cross_entropy,top1,top5,l2_loss,learning_rate,\
    images_per_second,steps_per_second,loader_wait,seconds,bad_images,validation_cross_entropy,\
    validation_top1,validation_top5,validation_images,validation_seconds,validation_bad_images,\
    memory_bytes";

/// Appends a row to a file of comma-separated values for every report of a run: `step` for the
/// steps since the last report, `epoch` for a whole epoch. What a report does not know is empty.
/// The first row names the columns; a resumed run goes on in the same file.
pub struct Csv {
    path: PathBuf,
    file: File,
}

impl Csv {
    /// Opens `path` for appending, making it with its header if it is missing or empty. Half a row at its
    /// end, from a disk that was full, is cut off.
    ///
    /// # Errors
    /// [`SinkError`] if the file cannot be opened, or has other columns.
    pub fn open(path: &Path) -> Result<Self, SinkError> {
        let open = || {
            let mut file = appending::open(path)?;
            check_header(&mut file)?;
            if appending::cut_half_line(&mut file)? == 0 {
                writeln!(file, "{HEADER}")?;
            }
            Ok(file)
        };
        let file = open().map_err(|error: io::Error| SinkError::new(path, "metrics", error))?;
        Ok(Self { path: path.to_owned(), file })
    }
}

impl Sink for Csv {
    fn record(&mut self, event: &RunEvent<'_>) -> Result<(), SinkError> {
        let row = match event {
            RunEvent::Step(report) => step_row(report),
            RunEvent::Epoch(report) => epoch_row(report),
            _ => return Ok(()),
        };
        // One write a row: a run that is killed leaves whole rows.
        self.file
            .write_all(row.as_bytes())
            .map_err(|source| SinkError::new(&self.path, "metrics", source))
    }
}

/// Refuses a file with other columns; half a header is as good as none.
fn check_header(file: &mut File) -> io::Result<()> {
    let mut first = String::new();
    BufReader::new(file).read_line(&mut first)?;
    let is_ours = match first.strip_suffix('\n') {
        Some(header) => header.trim_end() == HEADER,
        None => HEADER.starts_with(&first),
    };
    let refusal = || io::Error::other("its columns are those of another version; move it away");
    if is_ours { Ok(()) } else { Err(refusal()) }
}

fn step_row(report: &StepReport) -> String {
    let StepReport { step, epoch, loss, train, l2_loss, learning_rate, .. } = report;
    let StepReport { images_per_second, steps_per_second, loader_wait, .. } = report;
    let memory = report.memory_bytes.map_or_else(String::new, |bytes| bytes.to_string());
    format!(
        "step,{step},{epoch},{loss},{},{},{},{l2_loss},{learning_rate},\
         {images_per_second},{steps_per_second},{loader_wait},,,,,,,,,{memory}\n",
        train.cross_entropy, train.top1, train.top5
    )
}

fn epoch_row(report: &EpochReport) -> String {
    let EpochReport { epoch, step, train, seconds, .. } = report;
    let validation = report.validation.as_ref().map_or_else(
        || ",,,,,".to_owned(),
        |validation| {
            let averages = &validation.averages;
            format!(
                "{},{},{},{},{},{}",
                averages.cross_entropy,
                averages.top1,
                averages.top5,
                validation.images,
                validation.seconds,
                validation.bad_images.len()
            )
        },
    );
    format!(
        "epoch,{step},{epoch},,{},{},{},,,,,,{seconds},{},{validation},\n",
        train.cross_entropy,
        train.top1,
        train.top5,
        report.bad_images.len()
    )
}
