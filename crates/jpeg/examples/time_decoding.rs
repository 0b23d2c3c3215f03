//! Milliseconds per picture of a folder of JPEG files: checking, decoding, and decoding a region.
//!
//! ```text
//! cargo run --release -p resnet-jpeg --example time_decoding -- DIR [ROUNDS]
//! ```

use std::time::{Duration, Instant};

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
    println!("{} pictures of {folder:?}, best of {rounds} rounds", files.len());
    let mut time = |what: &str, work: &mut dyn FnMut(&mut Decoder, &[u8])| {
        let best = (0..rounds).map(|_| {
            let start = Instant::now();
            files.iter().for_each(|file| work(&mut decoder, file));
            start.elapsed()
        });
        let best = best.min().unwrap_or(Duration::ZERO);
        println!("{what}: {:.3} ms", 1e3 * best.as_secs_f64() / files.len() as f64);
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
