//! Writing one shard.

use std::fs::File;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use resnet_files::hex;
use sha2::{Digest, Sha256};
use tfrecord_codec::{Compression, RecordWriter, WriterOptions};

use super::boxes;
use super::convert::{Converted, Converter};
use super::error::PrepareError;
use super::example::{Boxes, ImageExample};
use super::folder::{self, Folder};
use super::layout::RawData;
use super::listing::Listing;
use super::measure::Sums;
use super::options::PrepareOptions;
use super::plan::Job;
use super::report::{Reencoded, ShardReport, Skipped};
use super::{Event, PrepareObserver};
use crate::{OnBadImage, Split};

/// What all threads share.
pub(super) struct Shared<'a> {
    pub(super) data: &'a RawData,
    pub(super) options: &'a PrepareOptions,
    pub(super) folder: &'a Folder,
    pub(super) observer: &'a PrepareObserver<'a>,
    /// Images that were skipped so far, in all shards.
    pub(super) bad: AtomicUsize,
}

/// What one thread uses for each of its shards.
pub(super) struct ShardWriter<'a> {
    shared: &'a Shared<'a>,
    converter: Converter,
    raw: Vec<u8>,
    record: Vec<u8>,
}

impl<'a> ShardWriter<'a> {
    pub(super) fn new(shared: &'a Shared<'a>) -> Self {
        let options = shared.options;
        let short_side = options.short_side.map(|side| side as usize);
        let converter = Converter::new(options.verify, short_side, options.quality);
        Self { shared, converter, raw: Vec::new(), record: Vec::new() }
    }

    /// Writes a shard under its name; on an error nothing is left of it, and it takes no space on a
    /// disk that is full.
    pub(super) fn write(&mut self, job: &Job) -> Result<ShardReport, PrepareError> {
        let written = self.write_file(job);
        if written.is_err() {
            // The first error is the one to tell.
            drop(folder::remove(&self.shared.folder.unfinished(&job.name)));
        }
        let report = written?;
        self.shared.folder.publish(&report)?;
        Ok(report)
    }

    fn write_file(&mut self, job: &Job) -> Result<ShardReport, PrepareError> {
        let path = self.shared.folder.unfinished(&job.name);
        let failed =
            |source: tfrecord_codec::Error| PrepareError::Write { path: path.clone(), source };
        let mut writer = create(&path, self.shared.options.compression).map_err(failed)?;
        let mut report = ShardReport {
            name: job.name.clone(),
            bytes: 0,
            sha256: String::new(),
            sums: Sums::default(),
            made_smaller: 0,
            reencoded: Vec::new(),
            skipped: Vec::new(),
        };
        for &image in &job.images {
            if self.image(job.split, image as usize, &mut report)? {
                writer.write(&self.record).map_err(failed)?;
            }
            self.shared.tell(&Event::Image)?;
        }
        let file = writer.finish().map_err(failed)?;
        let synced = file.file.sync_all();
        synced.map_err(|error| failed(tfrecord_codec::Error::from(error)))?;
        (report.bytes, report.sha256) = (file.bytes, hex(&file.sum.finalize()));
        Ok(report)
    }

    /// Makes an image's record; `false` if the image is bad and skipped.
    fn image(
        &mut self,
        split: Split,
        index: usize,
        report: &mut ShardReport,
    ) -> Result<bool, PrepareError> {
        let Shared { data, options, .. } = self.shared;
        let listing = data.listing(split);
        let (class, filename) = (listing.class(index), listing.name(index));
        let synset = data.classes[class].id.as_str();
        // Evenly over the listing, and so over the classes.
        let measure =
            options.measure > 0 && index.is_multiple_of((listing.len() / options.measure).max(1));
        let (raw, converter) = (&mut self.raw, &mut self.converter);
        let converted = match read_and_convert(listing, index, raw, (converter, measure)) {
            Ok(converted) => converted,
            Err(reason) => {
                report.skipped.push(self.shared.bad_image(listing, index, reason)?);
                return Ok(false);
            }
        };
        let boxes = self.shared.boxes(split, synset, filename)?;
        let example = ImageExample {
            height: converted.height,
            width: converted.width,
            label: class as i64 + i64::from(options.label_offset),
            synset,
            filename,
            jpeg: converted.jpeg,
            boxes: boxes.as_ref(),
        };
        example.build_into(&mut self.record);
        report.count(&converted, filename);
        Ok(true)
    }
}

impl Shared<'_> {
    /// Tells the observer, which may ask to stop.
    pub(super) fn tell(&self, event: &Event<'_>) -> Result<(), PrepareError> {
        super::tell(self.observer, event)
    }

    fn boxes(
        &self,
        split: Split,
        synset: &str,
        filename: &str,
    ) -> Result<Option<Boxes>, PrepareError> {
        let folder = self.options.boxes.as_ref();
        folder.map(|folder| boxes::of_image(folder, split, synset, filename)).transpose()
    }

    /// Counts a bad image, or makes it an error.
    fn bad_image(
        &self,
        listing: &Listing,
        index: usize,
        reason: String,
    ) -> Result<Skipped, PrepareError> {
        let name = listing.place(index);
        let max = match self.options.on_bad_image {
            OnBadImage::Fail => return Err(PrepareError::Image { name, reason }),
            OnBadImage::Skip { max } => max,
        };
        if self.bad.fetch_add(1, Ordering::Relaxed) >= max {
            return Err(PrepareError::TooManyBadImages { max, name, reason });
        }
        let class = self.data.classes[listing.class(index)].id.clone();
        let skipped = Skipped { file: listing.name(index).to_owned(), class, reason };
        self.tell(&Event::Skipped { image: &skipped, place: &name })?;
        Ok(skipped)
    }
}

impl ShardReport {
    fn count(&mut self, image: &Converted<'_>, filename: &str) {
        self.sums.add(image);
        self.made_smaller += u64::from(image.smaller);
        let reencoded =
            image.from.map(|from| Reencoded { file: filename.to_owned(), from: from.to_owned() });
        self.reencoded.extend(reencoded);
    }
}

/// An image, or what is wrong with it.
fn read_and_convert<'a>(
    listing: &Listing,
    index: usize,
    raw: &'a mut Vec<u8>,
    (converter, measure): (&'a mut Converter, bool),
) -> Result<Converted<'a>, String> {
    listing.read(index, raw).map_err(|error| format!("cannot be read: {error}"))?;
    // A decoder that panics has met a bad image as well; its buffers are plain memory.
    let job = AssertUnwindSafe((converter, raw));
    let converted = catch_unwind(move || {
        let whole = job;
        let (converter, raw) = whole.0;
        converter.convert(raw, measure)
    });
    converted.unwrap_or_else(|_panic| Err("the decoder panicked".to_owned()))
}

fn create(
    path: &std::path::Path,
    compression: Compression,
) -> Result<RecordWriter<Hashed>, tfrecord_codec::Error> {
    let file = File::create(path)?;
    let hashed = Hashed { file, sum: Sha256::new(), bytes: 0 };
    WriterOptions::new().compression(compression).write_to(hashed)
}

/// A file that knows the sum of what was written to it.
struct Hashed {
    file: File,
    sum: Sha256,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sum.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
