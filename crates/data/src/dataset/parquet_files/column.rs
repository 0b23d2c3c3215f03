//! A column of a row group, without the structures of Arrow.

use std::fs::File;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

/// The images of a row group; `None` where a row has none.
pub(super) type Rows = Vec<Option<ByteArray>>;

/// The values of a column that is not repeated, of these rows. Pages before them are passed over.
pub(super) fn read<T: DataType>(
    file: File,
    row_group: &RowGroupMetaData,
    column: usize,
    rows: Range<usize>,
) -> Result<Vec<Option<T::T>>> {
    no_panic(|| read_rows::<T>(file, row_group, column, rows))
}

/// The Parquet library panics at some damaged files: that is an error too.
pub(super) fn no_panic<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    // What `read` works on is given up after a panic, so it may be in any state.
    std::panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_panic| {
        Err(ParquetError::General("its content contradicts itself".to_owned()))
    })
}

fn read_rows<T: DataType>(
    file: File,
    row_group: &RowGroupMetaData,
    column: usize,
    rows: Range<usize>,
) -> Result<Vec<Option<T::T>>> {
    let chunk = row_group.column(column);
    let all = usize::try_from(row_group.num_rows()).unwrap_or_default();
    let pages = SerializedPageReader::new(Arc::new(file), chunk, all, None)?;
    let mut reader = ColumnReaderImpl::<T>::new(chunk.column_descr_ptr(), Box::new(pages));
    if reader.skip_records(rows.start)? < rows.start {
        return Ok(Vec::new());
    }
    let (mut levels, mut values, mut read) = (Vec::new(), Vec::new(), 0);
    while read < rows.len() {
        let (records, _, _) =
            reader.read_records(rows.len() - read, Some(&mut levels), None, &mut values)?;
        if records == 0 {
            break;
        }
        read += records;
    }
    let defined = chunk.column_descr().max_def_level();
    if defined == 0 {
        return Ok(values.into_iter().map(Some).collect());
    }
    // Only rows of the highest level have a value.
    let mut values = values.into_iter();
    Ok(levels
        .into_iter()
        .map(|level| if level == defined { values.next() } else { None })
        .collect())
}
