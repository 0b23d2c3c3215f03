//! One Parquet file of images and labels.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use parquet::basic::Type;
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::schema::types::ColumnDescriptor;
use serde_json::Value;

use super::column::{self, Rows};
use crate::dataset::classes::MAX_CLASSES;
use crate::dataset::error::DatasetError;

/// Where an image is, in the order in which they are looked for: Hugging Face's struct, or bytes alone.
const IMAGE_COLUMNS: [&str; 4] = ["image.bytes", "img.bytes", "image", "img"];
const LABEL_COLUMN: &str = "label";

/// Largest row group that is decompressed, as its file says. Those of images are 10 to 100 MB.
const MAX_ROW_GROUP_BYTES: i64 = 1 << 30;

pub(super) struct ImageFile {
    path: PathBuf,
    metadata: ParquetMetaData,
    image_column: usize,
    /// Of all rows; -1 where a row has none.
    labels: Vec<i64>,
    class_names: Option<Vec<String>>,
}

impl ImageFile {
    /// Reads the metadata and the labels.
    pub(super) fn open(path: &Path) -> Result<Self, DatasetError> {
        let damaged = |error: ParquetError| {
            let problem = format!("no intact Parquet file ({error}): copy or download it again");
            DatasetError::content(path, problem)
        };
        let file = File::open(path).map_err(DatasetError::io("open", path))?;
        let parse = || ParquetMetaDataReader::new().parse_and_finish(&file);
        let metadata = column::no_panic(parse).map_err(damaged)?;
        let image = find(path, &metadata, &IMAGE_COLUMNS, &[Type::BYTE_ARRAY])?;
        let label = find(path, &metadata, &[LABEL_COLUMN], &[Type::INT64, Type::INT32])?;
        let mut labels = Vec::new();
        for row_group in metadata.row_groups() {
            let rows = read_labels(path, row_group, label).map_err(damaged)?;
            if rows.len() as i64 != row_group.num_rows() {
                return Err(damaged(ParquetError::EOF("labels are missing".to_owned())));
            }
            labels.extend(rows);
        }
        if let Some(row) = labels.iter().position(|&label| label >= i64::from(MAX_CLASSES)) {
            let label = labels[row];
            let problem =
                format!("row {row}: label {label} is not below {MAX_CLASSES}: correct it");
            return Err(DatasetError::content(path, problem));
        }
        let class_names = class_names(&metadata);
        Ok(Self { path: path.to_owned(), metadata, image_column: image, labels, class_names })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the classes, if the file holds them.
    pub(super) fn class_names(&self) -> Option<&[String]> {
        self.class_names.as_deref()
    }

    /// Rows of each row group.
    pub(super) fn row_counts(&self) -> impl Iterator<Item = usize> {
        // As many as there are labels, so they are numbers of things in memory.
        self.metadata.row_groups().iter().map(|group| group.num_rows() as usize)
    }

    pub(super) fn label(&self, row: usize) -> i64 {
        self.labels[row]
    }

    pub(super) fn largest_label(&self) -> i64 {
        self.labels.iter().copied().max().unwrap_or_default()
    }

    /// The images of a row group, or what is wrong with it.
    pub(super) fn images(&self, row_group: usize) -> Result<Rows, String> {
        let metadata = self.metadata.row_group(row_group);
        let rows = self.read(row_group, 0..metadata.num_rows() as usize)?;
        match rows.len() as i64 == metadata.num_rows() {
            true => Ok(rows),
            false => Err(damaged(&ParquetError::EOF("images are missing".to_owned()))),
        }
    }

    /// One image of a row group; of the others, no more is decompressed than lies in the same page.
    pub(super) fn image(&self, row_group: usize, row: usize) -> Result<Option<ByteArray>, String> {
        let mut rows = self.read(row_group, row..row + 1)?;
        rows.pop().ok_or_else(|| damaged(&ParquetError::EOF("the image is missing".to_owned())))
    }

    fn read(&self, row_group: usize, rows: Range<usize>) -> Result<Rows, String> {
        let metadata = self.metadata.row_group(row_group);
        let bytes = metadata.column(self.image_column).uncompressed_size();
        if bytes > MAX_ROW_GROUP_BYTES {
            return Err(format!(
                "its row group of {bytes} bytes is too large to be read for one image: write the \
                 file again with 100 rows in a group"
            ));
        }
        let file = File::open(&self.path).map_err(|error| format!("cannot open it: {error}"))?;
        let images = column::read::<ByteArrayType>(file, metadata, self.image_column, rows);
        images.map_err(|error| damaged(&error))
    }
}

fn damaged(error: &ParquetError) -> String {
    format!("{error}: copy or download the file again")
}

/// The number of the first column that is there, and of a type that is read.
fn find(
    path: &Path,
    metadata: &ParquetMetaData,
    names: &[&str],
    types: &[Type],
) -> Result<usize, DatasetError> {
    let columns = metadata.file_metadata().schema_descr().columns();
    let fits = |column: &ColumnDescriptor, name: &str| {
        column.path().string() == name
            && types.contains(&column.physical_type())
            && column.max_rep_level() == 0
    };
    let number = |name: &&str| columns.iter().position(|column| fits(column, name));
    names.iter().find_map(number).ok_or_else(|| {
        let found: Vec<String> = columns.iter().map(|column| column.path().string()).collect();
        let problem = format!(
            "no column {} of type {:?} among {}: rename or convert it",
            names[0],
            types[0],
            found.join(", ")
        );
        DatasetError::content(path, problem)
    })
}

fn read_labels(
    path: &Path,
    row_group: &RowGroupMetaData,
    column: usize,
) -> Result<Vec<i64>, ParquetError> {
    let file = File::open(path)?;
    let rows = 0..usize::try_from(row_group.num_rows()).unwrap_or_default();
    let labels: Vec<Option<i64>> = match row_group.column(column).column_type() {
        Type::INT64 => column::read::<Int64Type>(file, row_group, column, rows)?,
        _ => {
            let labels = column::read::<Int32Type>(file, row_group, column, rows)?;
            labels.into_iter().map(|label| label.map(i64::from)).collect()
        }
    };
    Ok(labels.into_iter().map(|label| label.unwrap_or(-1)).collect())
}

/// What Hugging Face's metadata calls the classes.
fn class_names(metadata: &ParquetMetaData) -> Option<Vec<String>> {
    let entries = metadata.file_metadata().key_value_metadata()?;
    let text = entries.iter().find(|entry| entry.key == "huggingface")?.value.as_ref()?;
    let value: Value = serde_json::from_str(text).ok()?;
    let names = value["info"]["features"][LABEL_COLUMN]["names"].as_array()?;
    names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}
