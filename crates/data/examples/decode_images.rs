//! Decodes pictures as the loader does and writes their pixels to the standard output, for comparing
//! decoders.
//!
//! ```text
//! cargo run --release -p resnet-data --example decode_images < list-of-paths
//! ```
//!
//! Reads one path a line. Answers each with a line of JSON, which has `error`, or `height`, `width`
//! and `peak_bytes` (the most heap memory that was in use at a time); then follow `height * width * 3`
//! bytes of RGB. `tests/peers/decode_corpus.py` compares them with Pillow's.

use std::io::{self, BufRead, Write};

use resnet_data::{AnyImage, Decoder, RgbImage};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for path in io::stdin().lock().lines() {
        let encoded = std::fs::read(path?)?;
        let mut image = RgbImage::default();
        let mut result = Ok(());
        let memory = allocation_counter::measure(|| {
            result = AnyImage::default().decode(&encoded, &mut image);
        });
        let peak_bytes = memory.bytes_max;
        let answer = match result {
            Ok(()) => serde_json::json!({
                "height": image.height, "width": image.width, "peak_bytes": peak_bytes,
            }),
            Err(error) => {
                image.pixels.clear();
                serde_json::json!({ "error": error.to_string(), "peak_bytes": peak_bytes })
            }
        };
        writeln!(out, "{answer}")?;
        out.write_all(&image.pixels)?;
        out.flush()?;
    }
    Ok(())
}
