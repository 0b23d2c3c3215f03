//! `cat`, `convert` and `repair`: records into new files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use serde_json::json;
use tfrecord_codec::{Damage, Found, RecordReader, Scan};

use crate::output::{NewFile, Report};
use crate::verify::place;
use crate::{Packing, To, files};

pub(crate) fn cat(
    paths: &[PathBuf],
    packing: Packing,
    output: &Path,
    report: &Report,
) -> Result<bool> {
    let bar = files::progress(paths);
    let mut file = NewFile::create(output, packing)?;
    for path in paths {
        copy(path, &mut file, &bar)?;
    }
    bar.finish_and_clear();
    written(file, output, report)
}

pub(crate) fn convert(
    paths: &[PathBuf],
    packing: Packing,
    output_dir: &Path,
    report: &Report,
) -> Result<bool> {
    std::fs::create_dir_all(output_dir)
        .with_context(|| format!("cannot create {}", output_dir.display()))?;
    let bar = files::progress(paths);
    for path in paths {
        let Some(name) = path.file_name() else { bail!("{} has no name", path.display()) };
        let output = output_dir.join(renamed(Path::new(name), packing.to));
        let mut file = NewFile::create(&output, packing)?;
        copy(path, &mut file, &bar)?;
        bar.suspend(|| written(file, &output, report))?;
    }
    bar.finish_and_clear();
    Ok(true)
}

/// The name of a file, whose ending tells its compression if that of the old name did.
fn renamed(name: &Path, to: To) -> PathBuf {
    let ending = name.extension().and_then(|ending| ending.to_str());
    match (ending, to) {
        (Some("gz" | "zlib"), To::None) => name.with_extension(""),
        (Some("gz" | "zlib"), To::Gzip) => name.with_extension("gz"),
        (Some("gz" | "zlib"), To::Zlib) => name.with_extension("zlib"),
        _ => name.to_owned(),
    }
}

fn copy(path: &Path, file: &mut NewFile<'_>, bar: &ProgressBar) -> Result<()> {
    bar.set_message(path.display().to_string());
    let (mut reader, mut record) = (RecordReader::open(path)?, Vec::new());
    while reader.read_into(&mut record)? {
        file.writer.write(&record)?;
    }
    bar.inc(files::len(path));
    Ok(())
}

fn written(file: NewFile<'_>, output: &Path, report: &Report) -> Result<bool> {
    let records = file.writer.records();
    file.finish()?;
    report.say(
        || format!("{}: {records} records written", output.display()),
        || json!({ "output": output.to_string_lossy(), "records": records }),
    )?;
    Ok(true)
}

pub(crate) fn repair(
    path: &Path,
    packing: Packing,
    output: &Path,
    report: &Report,
) -> Result<bool> {
    let (mut scan, mut record) = (Scan::open(path)?, Vec::new());
    let (mut file, mut lost) = (NewFile::create(output, packing)?, Vec::new());
    while let Some(found) = scan.next_into(&mut record)? {
        match found {
            Found::Record(_) => file.writer.write(&record)?,
            Found::Damage(damage) => lost.push(damage),
        }
    }
    let records = file.writer.records();
    file.finish()?;
    report.say(
        || repaired(path, output, records, &lost),
        || {
            json!({
                "file": path.to_string_lossy(),
                "output": output.to_string_lossy(),
                "records": records,
                "lost": lost.iter().map(place).collect::<Vec<_>>(),
            })
        },
    )?;
    Ok(true)
}

fn repaired(path: &Path, output: &Path, records: u64, lost: &[Damage]) -> String {
    let bytes: u64 = lost.iter().map(|damage| damage.bytes).sum();
    let mut lines = vec![format!(
        "{}: {records} whole records copied to {}; {bytes} bytes lost; damaged places: {}",
        path.display(),
        output.display(),
        lost.len()
    )];
    lines
        .extend(lost.iter().map(|damage| format!("    {} ({} bytes)", damage.error, damage.bytes)));
    lines.join("\n")
}
