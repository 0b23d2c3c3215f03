//! The schema of a record. Sources: `_convert_to_example` in `tools/datasets/imagenet_to_gcs.py` of
//! tensorflow/tpu, and for the boxes that of `build_imagenet_data.py` in the Inception model.

use tfrecord_codec::ExampleBuilder;

/// An image as a record in the schema of `imagenet_to_gcs.py`: nine keys, of which colour space
/// (`RGB`), channels (3) and format (`JPEG`) are always the same.
///
/// ```
/// use resnet_data::prepare::ImageExample;
///
/// let example = ImageExample {
///     height: 375,
///     width: 500,
///     label: 1,
///     synset: "n01440764",
///     filename: "n01440764_10026.JPEG",
///     jpeg: b"\xff\xd8...",
///     boxes: None,
/// };
/// let mut record = Vec::new();
/// example.build_into(&mut record);
/// assert_eq!(tfrecord_codec::Example::parse(&record)?.keys().count(), 9);
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ImageExample<'a> {
    /// Rows of the decoded image.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Label as it is stored.
    pub label: i64,
    /// Identifier of the class.
    pub synset: &'a str,
    /// File name without folders.
    pub filename: &'a str,
    /// The encoded image.
    pub jpeg: &'a [u8],
    /// Adds the keys `image/object/bbox/*` of the older `build_imagenet_data.py`.
    pub boxes: Option<&'a Boxes>,
}

/// The bounding boxes of an image, as shares of its width and height. All lists are equally long.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Boxes {
    /// Left edges.
    pub xmin: Vec<f32>,
    /// Top edges.
    pub ymin: Vec<f32>,
    /// Right edges.
    pub xmax: Vec<f32>,
    /// Bottom edges.
    pub ymax: Vec<f32>,
}

impl ImageExample<'_> {
    /// Writes the record into `record`, replacing what is there.
    pub fn build_into(&self, record: &mut Vec<u8>) {
        let number = |pixels: usize| i64::try_from(pixels).unwrap_or(i64::MAX);
        let mut example = ExampleBuilder::new()
            .int64("image/height", number(self.height))
            .int64("image/width", number(self.width))
            .bytes("image/colorspace", b"RGB")
            .int64("image/channels", 3)
            .int64("image/class/label", self.label)
            .bytes("image/class/synset", self.synset.as_bytes())
            .bytes("image/format", b"JPEG")
            .bytes("image/filename", self.filename.as_bytes())
            .bytes("image/encoded", self.jpeg);
        let labels = vec![self.label; self.boxes.map_or(0, |boxes| boxes.xmin.len())];
        if let Some(boxes) = self.boxes {
            example = example
                .float_list("image/object/bbox/xmin", &boxes.xmin)
                .float_list("image/object/bbox/ymin", &boxes.ymin)
                .float_list("image/object/bbox/xmax", &boxes.xmax)
                .float_list("image/object/bbox/ymax", &boxes.ymax)
                .int64_list("image/object/bbox/label", &labels);
        }
        example.build_into(record);
    }
}
