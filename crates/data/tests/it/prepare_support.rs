//! A small ImageNet that does not exist, in every layout in which people have the real one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jpeg_encoder::{ColorType, Encoder};
use resnet_data::prepare::{DatasetReport, PrepareError, PrepareOptions, Shards, prepare};
use tfrecord_codec::{Example, RecordReader};

/// The classes in sorted order, and their `ILSVRC2012_ID` in `golden/meta.mat`.
pub(crate) const CLASSES: [(&str, u32); 3] = [("n01440764", 3), ("n02119789", 1), ("n03000684", 2)];

/// Classes of the validation images in the order of their names.
const VALIDATION: [usize; 6] = [2, 0, 1, 1, 0, 2];

/// Training images of each class.
const PER_CLASS: usize = 5;

pub(crate) struct FakeImageNet {
    /// Class, file name, content.
    pub(crate) train: Vec<(usize, String, Vec<u8>)>,
    /// Class, file name, content.
    pub(crate) validation: Vec<(usize, String, Vec<u8>)>,
}

impl FakeImageNet {
    /// Photographs in colour, one grey, one PNG named JPEG and one in CMYK, as ImageNet has them.
    pub(crate) fn new() -> Self {
        let mut train = Vec::new();
        for (class, (synset, _)) in CLASSES.iter().enumerate() {
            for number in 0..PER_CLASS {
                let picture =
                    photograph(40 + 3 * number, 30 + 7 * class, (class * 9 + number) as u8);
                train.push((class, format!("{synset}_{}.JPEG", 7 * number + 1), picture));
            }
        }
        train[1].2 = golden("grey.jpg");
        train[6].2 = png(24, 36);
        train[12].2 = golden("cmyk.jpg");
        let validation = (1..).zip(VALIDATION).map(|(number, class)| {
            let name = format!("ILSVRC2012_val_{number:08}.JPEG");
            (class, name, photograph(33, 44 + number, 90 + number as u8))
        });
        Self { train, validation: validation.collect() }
    }

    /// The two archives.
    pub(crate) fn write_tars(&self, raw: &Path) {
        let mut train = tar::Builder::new(Vec::new());
        for (class, (synset, _)) in CLASSES.iter().enumerate() {
            let images = self.train.iter().filter(|image| image.0 == class);
            let inner = tar_of(images.map(|(_, name, content)| (name.as_str(), &content[..])));
            append(&mut train, &format!("{synset}.tar"), &inner);
        }
        fs::write(raw.join("ILSVRC2012_img_train.tar"), train.into_inner().unwrap()).unwrap();
        let images = self.validation.iter().map(|(_, name, content)| (name.as_str(), &content[..]));
        fs::write(raw.join("ILSVRC2012_img_val.tar"), tar_of(images)).unwrap();
    }

    /// `train/CLASS/NAME` in this folder.
    pub(crate) fn write_train(&self, folder: &Path) {
        for (class, name, content) in &self.train {
            write(&folder.join("train").join(CLASSES[*class].0).join(name), content);
        }
    }

    /// All validation images in this folder.
    pub(crate) fn write_flat_validation(&self, folder: &Path) {
        for (_, name, content) in &self.validation {
            write(&folder.join(name), content);
        }
    }

    pub(crate) fn write_synset_labels(&self, raw: &Path) {
        let labels: String = self.synsets().map(|synset| format!("{synset}\n")).collect();
        fs::write(raw.join("synset_labels.txt"), labels).unwrap();
    }

    fn synsets(&self) -> impl Iterator<Item = &'static str> {
        self.validation.iter().map(|image| CLASSES[image.0].0)
    }

    /// What `imagenet_to_gcs.py` wants.
    pub(crate) fn write_reference(&self, raw: &Path) {
        self.write_train(raw);
        self.write_flat_validation(&raw.join("validation"));
        self.write_synset_labels(raw);
    }

    /// Kaggle's archive, unpacked.
    pub(crate) fn write_kaggle(&self, raw: &Path) {
        let data = raw.join("ILSVRC/Data/CLS-LOC");
        self.write_train(&data);
        self.write_flat_validation(&data.join("val"));
        let mut solution = "ImageId,PredictionString\n".to_owned();
        // Kaggle's rows are in no order.
        for (class, name, _) in self.validation.iter().rev() {
            let (synset, _) = CLASSES[*class];
            let id = name.strip_suffix(".JPEG").unwrap();
            solution += &format!("{id},{synset} 1 2 30 40 {synset} 5 6 7 8 \n");
        }
        fs::write(raw.join("LOC_val_solution.csv"), solution).unwrap();
        let mapping = "n01440764 tench, Tinca tinca\nn02119789 kit fox, Vulpes macrotis\n\
                       n03000684 chain saw, chainsaw\n";
        fs::write(raw.join("LOC_synset_mapping.txt"), mapping).unwrap();
    }

    /// torchvision's ImageFolder.
    pub(crate) fn write_image_folder(&self, raw: &Path) {
        self.write_train(raw);
        for (class, name, content) in &self.validation {
            write(&raw.join("val").join(CLASSES[*class].0).join(name), content);
        }
    }

    /// The development kit, unpacked.
    pub(crate) fn write_devkit(&self, raw: &Path) {
        let data = raw.join("ILSVRC2012_devkit_t12/data");
        let truth = data.join("ILSVRC2012_validation_ground_truth.txt");
        write(&truth, self.ground_truth().as_bytes());
        fs::write(data.join("meta.mat"), golden("meta.mat")).unwrap();
    }

    /// The development kit as downloaded.
    pub(crate) fn write_devkit_archive(&self, raw: &Path) {
        let truth = self.ground_truth();
        let packed = tar_of([
            ("ILSVRC2012_devkit_t12/data/meta.mat", &golden("meta.mat")[..]),
            ("ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt", truth.as_bytes()),
        ]);
        let file = File::create(raw.join("ILSVRC2012_devkit_t12.tar.gz")).unwrap();
        let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        gzip.write_all(&packed).unwrap();
        gzip.finish().unwrap();
    }

    fn ground_truth(&self) -> String {
        self.validation.iter().map(|image| format!("{}\n", CLASSES[image.0].1)).collect()
    }
}

/// An image of which no two rows are equal.
pub(crate) fn photograph(height: usize, width: usize, shade: u8) -> Vec<u8> {
    let level = |n: usize| ((n * 37) % 64) as u8 + shade;
    let pixels: Vec<u8> = (0..height * width * 3).map(|n| level(n / 11)).collect();
    let mut bytes = Vec::new();
    let (width, height) = (u16::try_from(width).unwrap(), u16::try_from(height).unwrap());
    Encoder::new(&mut bytes, 92).encode(&pixels, width, height, ColorType::Rgb).unwrap();
    bytes
}

/// A PNG image with transparency.
pub(crate) fn png(height: u32, width: u32) -> Vec<u8> {
    let pixel = |x: u32, y: u32| image::Rgba([(5 * x) as u8, (7 * y) as u8, 99, 128]);
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = image::RgbaImage::from_fn(width, height, pixel);
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

pub(crate) fn golden(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)).unwrap()
}

pub(crate) fn tar_of<'a>(members: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        append(&mut builder, name, content);
    }
    builder.into_inner().unwrap()
}

fn append(builder: &mut tar::Builder<Vec<u8>>, name: &str, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, name, content).unwrap();
}

pub(crate) fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Four training shards, two validation shards, two threads.
pub(crate) fn options() -> PrepareOptions {
    PrepareOptions {
        train_shards: Shards::Count(4),
        validation_shards: Shards::Count(2),
        threads: 2,
        ..PrepareOptions::default()
    }
}

/// Prepares without looking at what happens.
pub(crate) fn run(
    raw: &Path,
    out: &Path,
    options: &PrepareOptions,
) -> Result<DatasetReport, PrepareError> {
    prepare(raw, out, options, &|_| ControlFlow::Continue(()))
}

pub(crate) fn error_of(raw: &Path, options: &PrepareOptions) -> String {
    let out = tempfile::tempdir().unwrap();
    let error = run(raw, out.path(), options).expect_err("preparing should fail").to_string();
    let dataset = out.path().join("dataset.json");
    assert!(!dataset.exists(), "nothing may look complete after: {error}");
    error
}

/// A fake ImageNet in some layout, and its shards.
pub(crate) struct Prepared {
    pub(crate) raw: tempfile::TempDir,
    pub(crate) out: tempfile::TempDir,
    pub(crate) report: DatasetReport,
}

pub(crate) fn prepared(write: impl FnOnce(&Path), options: &PrepareOptions) -> Prepared {
    let (raw, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(raw.path());
    let report = run(raw.path(), out.path(), options).unwrap();
    Prepared { raw, out, report }
}

/// A record, as far as all have it in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Record {
    pub(crate) filename: String,
    pub(crate) label: i64,
    pub(crate) synset: String,
    pub(crate) size: (i64, i64),
    pub(crate) jpeg: Vec<u8>,
}

/// The records of the shards whose names start with `prefix`, in order.
pub(crate) fn records(out: &Path, prefix: &str) -> Vec<Record> {
    let mut records = Vec::new();
    for path in shards(out, prefix) {
        for record in RecordReader::open(path).unwrap().records() {
            let record = record.unwrap();
            let example = Example::parse(&record).unwrap();
            let text = |key| String::from_utf8(example.bytes(key).unwrap().to_vec()).unwrap();
            let number = |key| example.int64(key).unwrap();
            records.push(Record {
                filename: text("image/filename"),
                label: number("image/class/label"),
                synset: text("image/class/synset"),
                size: (number("image/height"), number("image/width")),
                jpeg: example.bytes("image/encoded").unwrap().to_vec(),
            });
        }
    }
    records
}

pub(crate) fn sorted(mut records: Vec<Record>) -> Vec<Record> {
    records.sort();
    records
}

pub(crate) fn shards(out: &Path, prefix: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    let is_shard = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with(prefix) && name.contains("-of-")
    };
    let mut shards: Vec<PathBuf> = paths.filter(is_shard).collect();
    shards.sort();
    shards
}

/// All files of a prepared folder by name; those for work in progress are left out.
pub(crate) fn files(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.is_file());
    let named = |path: PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
    };
    files.map(named).collect()
}
