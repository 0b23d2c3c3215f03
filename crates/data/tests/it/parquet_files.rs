//! Parquet files; those of `golden/parquet` were written by pyarrow (`golden/parquet_files.py`).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use resnet_data::{Dataset, DatasetOptions, Layout, Loader, Source};

use crate::dataset::{error, labels, open, save};
use crate::support::{KEEP, assert_says, batches, in_order, jpeg, levels};

const SCHEMA: &str = "message m { required binary image; required int64 label; }";

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/parquet").join(name)
}

/// A folder `data/` with these of the golden files.
fn hub(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        save(&folder.path().join("data").join(name), fs::read(golden(name)).unwrap());
    }
    folder
}

/// Writes row groups of images and labels, without any metadata of Hugging Face.
fn write(path: &Path, schema: &str, row_groups: &[&[(&[u8], i64)]]) {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::new());
    let file = fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    for rows in row_groups {
        let mut group = writer.next_row_group().unwrap();
        let images: Vec<ByteArray> = rows.iter().map(|row| row.0.to_vec().into()).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&images, None, None).unwrap();
        column.close().unwrap();
        let labels: Vec<i64> = rows.iter().map(|row| row.1).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&labels, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.close().unwrap();
}

fn image(images: &Arc<dyn Source>, index: usize) -> String {
    let mut record = Vec::new();
    images.read(index, &mut record).unwrap();
    String::from_utf8(record).unwrap()
}

#[test]
fn files_of_the_hugging_face_hub_read_as_pyarrow_wrote_them() {
    let folder = hub(&[
        "train-00000-of-00002.parquet",
        "train-00001-of-00002.parquet",
        "validation-00000-of-00001.parquet",
    ]);
    let dataset = open(folder.path());
    assert_eq!(dataset.layout(), Layout::Parquet);
    assert_eq!(dataset.splits(), ["train", "validation"]);
    assert!(dataset.split("train").unwrap().knows_labels());
    assert_eq!(dataset.classes(), ["cat", "dog", "cow"]);
    assert_eq!(labels(&dataset, "train"), [0, 2, 1, 0, 2, 1, 1, 0]);
    assert_eq!(labels(&dataset, "validation"), [2, 0]);
    let train = dataset.split("train").unwrap();
    let without_images: Vec<u32> = (0..8).map(|index| train.label(index).unwrap()).collect();
    assert_eq!(without_images, labels(&dataset, "train"));
    // Neither in order nor within what is kept.
    for index in [7, 0, 4, 2, 6, 1, 5, 3] {
        let (file, row) = if index < 5 { (0, index) } else { (1, index - 5) };
        let text = format!("image {row} of train-0000{file}-of-00002.parquet");
        assert_eq!(image(&train, index), text.repeat(3));
    }
    assert_says(&train.place(6), &["train-00001-of-00002.parquet, row 1"]);
    assert_says(&train.describe(), &["8 train images in 2 Parquet files"]);
}

#[test]
fn rows_without_an_image_or_label_are_errors_when_they_are_read() {
    let folder = hub(&["test-00000-of-00001.parquet"]);
    let test = open(folder.path()).split("test").unwrap();
    let error = |row| test.read(row, &mut Vec::new()).unwrap_err().to_string();
    assert_says(&error(0), &["row 0: label -1 is outside 0..=2", "the image has none"]);
    assert_says(&error(1), &["row 1: the image is missing"]);
}

#[test]
fn images_of_plain_bytes_load_from_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pets.parquet");
    let (dark, light) = (jpeg(10), jpeg(200));
    write(&path, SCHEMA, &[&[(&dark, 0), (&light, 3)], &[(&light, 1)]]);
    let dataset = open(&path);
    assert_eq!((dataset.splits(), dataset.classes().len()), (vec!["all"], 4));
    let loader = Loader::new(dataset.split("all").unwrap(), in_order(3, KEEP)).unwrap();
    let batch = batches(&loader, 0, 0).remove(0);
    assert_eq!(batch.labels, [0, 3, 1]);
    let levels = levels(&batch);
    assert!(levels[0].abs_diff(10) <= 1 && levels[16 * 16 * 3].abs_diff(200) <= 1);
    save(&folder.path().join("classes.json"), r#"["a", "b"]"#);
    assert_eq!(open(&path).classes(), ["a", "b"]);
}

#[test]
fn many_threads_that_read_shuffled_get_their_images() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pets.parquet");
    let names: Vec<String> = (0..60).map(|number| format!("image {number}")).collect();
    let rows: Vec<(&[u8], i64)> = names.iter().map(|name| (name.as_bytes(), 0)).collect();
    write(&path, SCHEMA, &rows.chunks(3).collect::<Vec<_>>());
    let images = open(&path).split("all").unwrap();
    std::thread::scope(|scope| {
        for start in 0..8 {
            let (images, names) = (&images, &names);
            scope.spawn(move || {
                for step in 0..180 {
                    let index = (start * 7 + step * 37) % 60;
                    assert_eq!(image(images, index), names[index]);
                }
            });
        }
    });
}

#[test]
fn a_file_of_another_schema_names_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let rows: &[&[(&[u8], i64)]] = &[&[(b"?", 0)]];
    write(&path, "message m { required binary picture; required int64 label; }", rows);
    assert_says(&error(&path), &["x.parquet: no column image.bytes", "among picture, label"]);
    write(&path, "message m { required binary image; required int64 class; }", rows);
    assert_says(&error(&path), &["no column label of type INT64 among image, class"]);
    write(&path, SCHEMA, &[&[(b"?", 0), (b"?", 1 << 40)]]);
    assert_says(&error(&path), &["row 1: label 1099511627776 is not below 1048576"]);
    write(&path, SCHEMA, &[]);
    assert_says(&error(&path), &["there is no image"]);
}

#[test]
fn files_with_other_class_names_are_refused() {
    let folder = hub(&["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]);
    let path = folder.path().join("data/train-00001-of-00002.parquet");
    let other = fs::read(&path).unwrap();
    let place = other.windows(3).position(|window| window == b"dog").unwrap();
    let changed = [&other[..place], b"hog", &other[place + 3..]].concat();
    save(&path, changed);
    assert_says(&error(folder.path()), &["train-00001", "other class names than", "train-00000"]);
}

#[test]
fn a_codec_that_is_not_built_in_is_named() {
    assert_says(&error(&golden("zstd.parquet")), &["zstd.parquet", "zstd"]);
}

/// A file is changed and cut at many places: what comes of it is an error or
/// other bytes, never a panic.
#[test]
fn a_damaged_file_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let whole = fs::read(golden("train-00000-of-00002.parquet")).unwrap();
    let read = |content: &[u8]| {
        save(&path, content);
        let dataset = Dataset::open(&path, &DatasetOptions::default()).ok()?;
        let images = dataset.split("all").unwrap();
        for index in 0..images.len() {
            images.read(index, &mut Vec::new()).ok()?;
        }
        Some(())
    };
    assert!(read(&whole).is_some());
    for place in (0..whole.len()).step_by(64) {
        assert!(read(&whole[..place]).is_none(), "cut at byte {place}");
    }
    for (place, change) in (0..whole.len()).step_by(7).zip([0x01, 0x80, 0xff].into_iter().cycle()) {
        let mut changed = whole.clone();
        changed[place] ^= change;
        read(&changed);
    }
}

#[test]
fn images_are_the_same_in_any_order_of_reading() {
    let folder = tempfile::tempdir().unwrap();
    let text: Vec<String> = (0..60).map(|n| format!("image {n} {}", "x".repeat(60_000))).collect();
    let rows: Vec<(&[u8], i64)> = text.iter().map(|text| (text.as_bytes(), 0)).collect();
    // Several pages of a megabyte in each row group, and more row groups than are remembered.
    let groups: Vec<&[(&[u8], i64)]> = rows.chunks(30).collect();
    write(&folder.path().join("train.parquet"), SCHEMA, &groups);
    for part in 0..4 {
        let few: Vec<&[(&[u8], i64)]> = rows[..4].chunks(2).collect();
        write(&folder.path().join(format!("train-{part}.parquet")), SCHEMA, &few);
    }
    let images = open(folder.path()).split("train").unwrap();
    let in_order: Vec<String> = (0..images.len()).map(|index| image(&images, index)).collect();
    assert_eq!(in_order.len(), 60 + 4 * 4);
    let again = open(folder.path()).split("train").unwrap();
    // Strides that are prime to the number of images.
    for stride in [7, 31, 45] {
        for index in (0..in_order.len()).map(|n| n * stride % in_order.len()) {
            assert!(image(&again, index) == in_order[index], "{index}");
        }
    }
}
