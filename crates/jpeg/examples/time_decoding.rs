//! Processor time per picture of a folder of JPEG files: checking, decoding, and decoding a region.
//!
//! ```text
//! cargo run --release -p resnet-jpeg --example time_decoding -- DIR [ROUNDS]
//! ```
//!
//! Prints a line of JSON for each. Processor time hardly depends on what else the machine does; where the
//! system does not tell it (it is read from Linux's `/proc`), it is the time of the clock.
//! `benches/peers/jpeg_decoding.py` has the same measurement for libjpeg-turbo.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use resnet_jpeg::{Decoder, ImageInfo, Region};

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().context("give the folder with the JPEG files")?;
    let rounds: u32 = args.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.clone())? {
        files.push(std::fs::read(entry?.path())?);
    }
    let mut decoder = Decoder::default();
    files.retain(|file| decoder.check(file).is_ok());
    ensure!(!files.is_empty(), "no picture in {folder} can be decoded");
    let mut pixels = Vec::new();
    let mut time = |what: &str, work: &mut dyn FnMut(&mut Decoder, &[u8])| {
        let seconds = seconds();
        for _ in 0..rounds {
            files.iter().for_each(|file| work(&mut decoder, file));
        }
        let ms = 1e3 * seconds() / (files.len() as f64 * f64::from(rounds));
        println!("{{\"work\": \"{what}\", \"pictures\": {}, \"ms\": {ms:.3}}}", files.len());
    };
    time("check", &mut |decoder, file| drop(decoder.check(file)));
    time("decode", &mut |decoder, file| drop(decoder.decode(file, &mut pixels)));
    let mut pixels = Vec::new();
    time("decode the middle, half as high and wide", &mut |decoder, file| {
        let region = decoder.info(file).map(|info| middle(&info));
        drop(region.and_then(|region| decoder.decode_region(file, region, &mut pixels)));
    });
    Ok(())
}

fn middle(info: &ImageInfo) -> Region {
    let (height, width) = (info.height.div_ceil(2), info.width.div_ceil(2));
    Region { top: info.height / 4, left: info.width / 4, height, width }
}

/// Tells the seconds since it was made.
fn seconds() -> impl Fn() -> f64 {
    let (clock, processor) = (Instant::now(), processor_seconds());
    move || {
        let processor = processor.and_then(|before| Some(processor_seconds()? - before));
        processor.unwrap_or_else(|| clock.elapsed().as_secs_f64())
    }
}

/// Processor time of this process so far, where the system says so (Linux), in nanoseconds there.
fn processor_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}
