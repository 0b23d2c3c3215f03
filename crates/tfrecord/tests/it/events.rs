use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tfrecord_codec::events::{
    Event, EventReader, EventWriterOptions, HParam, Histogram, Image, SessionStatus, Summary,
    SummaryValue,
};
use tfrecord_codec::{ErrorKind, RecordReader};

/// A whole PNG file of 3 by 2 black pixels.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0\x12\x16\xf1\x4d\0\0\0\x0bIDATx\x9cc`@\x07\0\0\x14\0\x01\xd6\x16\x43\xfb\0\0\0\0IEND\xaeB`\x82";

fn options() -> EventWriterOptions {
    EventWriterOptions::new().label("host").clock(|| 1_700_000_000.5)
}

fn events(path: &Path) -> Vec<Event> {
    EventReader::open(path).expect("there").collect::<Result<_, _>>().expect("whole")
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("there").map(|entry| entry.expect("readable"));
    let mut names: Vec<_> = entries.map(|e| e.file_name().into_string().expect("ASCII")).collect();
    names.sort();
    names
}

#[test]
fn a_file_starts_with_its_version() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let writer = options().create(dir.path()).expect("creates");
    // Before any flush of ours: TensorBoard opens files that are just being made.
    let events = events(writer.path());
    assert_eq!(events, [Event::version(1_700_000_000.5)]);
}

#[test]
fn what_is_written_comes_back() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut writer = options().create(dir.path().join("deep/er")).expect("creates");
    writer.scalar("loss", 7, f32::INFINITY).expect("room");
    writer.image("picture", -1, PNG).expect("room");
    writer.text("note", 1 << 40, "# größe").expect("room");
    writer.histogram("weights", 8, [1.0, 2.0]).expect("room");
    writer.flush().expect("room");
    let events = events(writer.path());
    let steps: Vec<_> = events.iter().map(|event| event.step).collect();
    assert_eq!(steps, [0, 7, -1, 1 << 40, 8]);
    let values: Vec<_> = events[1..].iter().map(|event| event.summaries[0].clone()).collect();
    assert_eq!(values[0], Summary::scalar("loss", f32::INFINITY));
    let image = Image { width: 3, height: 2, encoded: PNG.to_vec() };
    assert_eq!(values[1], Summary::image("picture", image));
    assert_eq!(values[2], Summary::text("note", "# größe"));
    assert_eq!(values[3], Summary::histogram("weights", Histogram::of([1.0, 2.0])));
}

#[test]
fn an_event_keeps_the_wall_time_it_is_given() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut writer = options().create(dir.path()).expect("creates");
    let event =
        Event::new(123.25, 4).with(Summary::scalar("a", 1.0)).with(Summary::scalar("b", 2.0));
    writer.write(&event).expect("room");
    writer.flush().expect("room");
    assert_eq!(events(writer.path())[1], event);
}

#[test]
fn a_second_writer_leaves_the_first_ones_file_alone() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut first = options().create(dir.path()).expect("creates");
    first.scalar("loss", 1, 1.0).expect("room");
    let mut second = options().create(dir.path()).expect("creates");
    second.scalar("loss", 2, 2.0).expect("room");
    first.scalar("loss", 3, 3.0).expect("room");
    first.flush().expect("room");
    second.flush().expect("room");
    let steps = |path| events(path).iter().map(|event| event.step).collect::<Vec<_>>();
    assert_eq!((steps(first.path()), steps(second.path())), (vec![0, 1, 3], vec![0, 2]));
}

#[test]
fn later_files_sort_after_earlier_ones_even_if_the_clock_went_back() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut made = Vec::<PathBuf>::new();
    for time in [1_700_000_000.0, 1_700_000_000.0, 1_600_000_000.0, 1_700_000_001.0, 0.0] {
        let writer = options().clock(move || time).create(dir.path()).expect("creates");
        made.push(writer.path().to_path_buf());
    }
    assert!(made.is_sorted(), "{made:?}");
    assert_eq!(names(dir.path()).len(), 5);
}

#[test]
fn other_files_in_the_folder_do_not_matter() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for name in ["events.out.tfevents.", "events.out.tfevents.not-a-time.x", "notes.txt"] {
        fs::write(dir.path().join(name), "mine").expect("writable");
    }
    let writer = options().create(dir.path()).expect("creates");
    assert!(writer.path().ends_with("events.out.tfevents.1700000000.host.000"));
    assert_eq!(fs::read(dir.path().join("notes.txt")).expect("there"), b"mine");
}

#[test]
fn a_label_cannot_leave_the_folder() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let error = options().label("../x").create(dir.path()).expect_err("a separator");
    assert!(matches!(error.kind(), ErrorKind::Argument(_)), "{error}");
    let error = options().suffix("/x").create(dir.path()).expect_err("a separator");
    assert!(matches!(error.kind(), ErrorKind::Argument(_)), "{error}");
    assert_eq!(names(dir.path()).len(), 0);
}

#[test]
fn events_are_flushed_by_number_and_by_time() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let hour = Duration::from_secs(3600);
    let mut writer =
        options().flush_events(3).flush_after(hour).create(dir.path()).expect("creates");
    let mut seen = Vec::new();
    for step in 0..7 {
        writer.scalar("loss", step, 0.0).expect("room");
        seen.push(events(writer.path()).len());
    }
    assert_eq!(seen, [1, 1, 4, 4, 4, 7, 7]);
    let mut writer = options().flush_after(Duration::ZERO).create(dir.path()).expect("creates");
    writer.scalar("loss", 0, 0.0).expect("room");
    assert_eq!(events(writer.path()).len(), 2);
}

#[test]
fn the_same_calls_write_the_same_bytes() {
    let write = || {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut writer = options().create(dir.path()).expect("creates");
        let hparams = [("lr", HParam::Number(0.1)), ("nesterov", HParam::Switch(true))];
        writer.hparams(&hparams, &["val/top1"]).expect("room");
        writer.histogram("weights", 1, [0.5, -0.5]).expect("room");
        writer.session_end(SessionStatus::Failure).expect("room");
        writer.flush().expect("room");
        fs::read(writer.path()).expect("there")
    };
    assert_eq!(write(), write());
}

#[test]
fn a_file_that_is_still_written_gives_its_whole_events_and_then_an_error() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut writer = options().create(dir.path()).expect("creates");
    writer.scalar("loss", 1, 1.0).expect("room");
    writer.flush().expect("room");
    let bytes = fs::read(writer.path()).expect("there");
    let records = RecordReader::new(&bytes[..bytes.len() - 1]);
    let results: Vec<_> = EventReader::new(records).collect();
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false]);
    let error = results[1].as_ref().expect_err("cut");
    assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error}");
}

#[test]
fn a_picture_of_another_format_is_refused() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut writer = options().create(dir.path()).expect("creates");
    let error = writer.image("picture", 0, b"BM not ours").expect_err("a bitmap");
    assert!(error.to_string().contains("neither PNG nor JPEG"), "{error}");
}

#[test]
fn the_size_of_a_jpeg_is_found_behind_other_segments() {
    let jpeg = |frame: &[u8]| [b"\xff\xd8\xff\xe0\0\x04xx\xff\xff\xc4\0\x02", frame].concat();
    let image =
        Image::from_encoded(jpeg(b"\xff\xc2\0\x11\x08\x01\x77\x02\x80\x03")).expect("a size");
    assert_eq!((image.width, image.height), (640, 375));
    for cut in 0..jpeg(b"\xff\xc2\0\x11\x08\x01\x77\x02").len() {
        let cut = jpeg(b"\xff\xc2\0\x11\x08\x01\x77\x02")[..cut].to_vec();
        assert_eq!(Image::from_encoded(cut), None);
    }
    assert_eq!(Image::from_encoded(jpeg(b"\xff\xda\0\0")), None);
}

#[test]
fn a_histogram_counts_each_finite_value_once() {
    let values = [0.0, -0.0, 1e-30, 3.5e37, -7.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 5.0];
    let histogram = Histogram::of(values);
    assert_eq!(histogram.num, 6.0);
    assert_eq!(histogram.counts.iter().sum::<f64>(), 6.0);
    assert!(histogram.limits.is_sorted());
    assert_eq!((histogram.min, histogram.max), (-7.0, f64::from(3.5e37_f32)));
    assert_eq!(Histogram::of([]), Histogram::default());
    assert_eq!(Histogram::of([f32::NAN]), Histogram::default());
}

#[test]
fn a_value_lies_below_its_buckets_limit_and_not_below_the_one_before() {
    for value in [-3.0_f32, -1e-13, 0.0, 1e-13, 0.7, 123.0] {
        let histogram = Histogram::of([value]);
        let used = histogram.counts.iter().position(|count| *count == 1.0).expect("counted");
        assert!(f64::from(value) < histogram.limits[used], "{value}");
        assert!(used == 0 || f64::from(value) >= histogram.limits[used - 1], "{value}");
    }
}

#[test]
fn malformed_events_are_errors() {
    Event::parse(b"\x09\0").expect_err("cut in a double");
    Event::parse(b"\x0a\0").expect_err("bytes where a double must be");
    Event::parse(b"\x2a\x02\x0a\x05").expect_err("a length beyond the end");
    let parsed = Event::parse(b"\x2a\x0a\x0a\x08\x0a\x01t\x42\x03\x08\x63\x20\0");
    parsed.expect_err("a length beyond the end of a tensor");
    let event = Event::parse(b"\x2a\x09\x0a\x07\x0a\x01t\x42\x02\x08\x63").expect("well-formed");
    assert_eq!(event.summaries[0].value, SummaryValue::None);
}
