use std::io::{self, Write};

use tfrecord_codec::{Compression, RecordWriter, WriterOptions, frame};

use crate::support::{read, shard, temp_file, written};

/// Takes so many bytes and then is full.
struct Disk(usize);

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn frames_are_those_of_the_format() {
    let mut writer = RecordWriter::new(Vec::new());
    writer.write(b"").expect("takes everything");
    // As TensorFlow writes an empty record.
    let wanted = [0, 0, 0, 0, 0, 0, 0, 0, 0x29, 3, 0x98, 7, 0xd8, 0xea, 0x82, 0xa2];
    assert_eq!(written(writer), wanted);
}

#[test]
fn the_position_counts_frames() {
    let mut writer = RecordWriter::new(Vec::new());
    assert_eq!((writer.records(), writer.offset()), (0, 0));
    writer.write(b"abc").expect("takes everything");
    writer.write(b"").expect("takes everything");
    assert_eq!((writer.records(), writer.offset()), (2, 3 + 2 * frame::OVERHEAD as u64));
}

#[test]
fn flushed_records_can_be_read_before_the_end() {
    let (_dir, path) = temp_file();
    let mut writer = RecordWriter::create(&path).expect("creates");
    writer.write(b"early").expect("room");
    writer.flush().expect("room");
    assert_eq!(read(&std::fs::read(&path).expect("there")).expect("whole"), [b"early"]);
    writer.finish().expect("room");
}

#[test]
fn a_full_disk_is_an_error_at_the_latest_when_finishing() {
    for room in 0..40 {
        let mut writer = RecordWriter::new(Disk(room));
        let result = writer.write(&[1; 24]).and_then(|()| writer.finish().map(drop));
        assert_eq!(result.is_err(), room < 40, "{room} bytes of room");
        assert!(result.is_err_and(|error| error.is_io()));
    }
}

#[test]
fn create_new_leaves_an_existing_file_alone() {
    let (_dir, path) = shard(&["precious"]);
    let error = WriterOptions::new().create_new(&path).expect_err("it exists");
    assert!(error.is_io() && error.path() == Some(path.as_path()), "{error}");
    assert_eq!(read(&std::fs::read(&path).expect("there")).expect("whole"), [b"precious"]);
}

#[test]
fn a_dropped_writer_leaves_what_it_has_buffered() {
    let (_dir, path) = temp_file();
    for compression in [Compression::None, Compression::Gzip, Compression::Zlib] {
        let options = WriterOptions::new().compression(compression);
        let mut writer = options.create(&path).expect("creates");
        writer.write(b"buffered").expect("room");
        drop(writer);
        assert_eq!(read(&std::fs::read(&path).expect("there")).expect("whole"), [b"buffered"]);
    }
}
