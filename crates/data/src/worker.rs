//! A thread that prepares single images.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender};

use crate::batch::BadImage;
use crate::decode::{DecodedLevel, Decoder, RgbImage};
use crate::error::DataError;
use crate::pixels::Pixels;
use crate::random::SampleRng;
use crate::sampler::Draw;
use crate::source::{Sample, Source};
use crate::stats::Clocks;
use crate::transform::{Scratch, Transform, Views};

/// Prepare what was drawn for `position` of the epoch, in this memory.
pub(crate) struct Task {
    pub(crate) position: usize,
    pub(crate) draw: Draw,
    pub(crate) pixels: Pixels,
}

/// A finished [`Task`]; `pixels` holds the image if the outcome is good.
pub(crate) struct Done {
    pub(crate) position: usize,
    pub(crate) pixels: Pixels,
    pub(crate) outcome: Outcome,
}

pub(crate) enum Outcome {
    /// A good image with this label.
    Good(u32),
    /// An image that does not decode or cannot be transformed.
    Bad(BadImage),
    /// Something that no option allows to skip.
    Fatal(DataError),
    /// Nothing was made, as the epoch is stopped.
    Stopped,
}

/// What all workers of an epoch share.
pub(crate) struct Shared {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) decoder: Arc<dyn Decoder>,
    pub(crate) transform: Transform,
    pub(crate) views: Views,
    pub(crate) seed: u64,
    pub(crate) epoch: u64,
    pub(crate) clocks: Clocks,
    pub(crate) stop: AtomicBool,
}

impl Shared {
    pub(crate) fn stopped(&self) -> bool {
        // Only says "soon": what the threads exchange goes through channels.
        self.stop.load(Ordering::Relaxed)
    }
}

/// One worker: its own reused memory, and the shared rest.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    record: Vec<u8>,
    eight: Workspace<u8>,
    sixteen: Workspace<u16>,
}

/// Memory for images of one depth; the loader's options say which of two is used.
#[derive(Default)]
struct Workspace<L> {
    image: RgbImage<L>,
    scratch: Scratch<L>,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let (eight, sixteen) = (Workspace::default(), Workspace::default());
        Self { shared, record: Vec::new(), eight, sixteen }
    }

    /// Works until there are no more tasks, nobody wants the results, or the epoch is stopped.
    pub(crate) fn run(mut self, tasks: &Receiver<Task>, done: &Sender<Done>) {
        for Task { position, draw, mut pixels } in tasks {
            if self.shared.stopped() {
                // The collector may wait for just this task, and all others for the collector.
                drop(done.send(Done { position, pixels, outcome: Outcome::Stopped }));
                return;
            }
            let outcome = self.guarded(draw, &mut pixels);
            self.shared.clocks.count_image();
            if done.send(Done { position, pixels, outcome }).is_err() {
                return;
            }
        }
    }

    /// [`prepare`](Self::prepare), with a panic turned into an error that names the image.
    fn guarded(&mut self, draw: Draw, pixels: &mut Pixels) -> Outcome {
        // After a panic the reused memory may hold anything; every use overwrites it first, and the
        // epoch ends with this error.
        let result = catch_unwind(AssertUnwindSafe(|| self.prepare(draw, pixels)));
        result.unwrap_or_else(|panic| {
            // A worker must not die: the collector would wait for its image for ever.
            let index = draw.sample as usize;
            let place = catch_unwind(AssertUnwindSafe(|| self.shared.source.place(index)));
            let name = place.unwrap_or_else(|_panic| format!("image {index}"));
            Outcome::Fatal(DataError::Panic { name, message: panic_message(&*panic) })
        })
    }

    fn prepare(&mut self, draw: Draw, pixels: &mut Pixels) -> Outcome {
        let index = draw.sample as usize;
        let Shared { source, clocks, .. } = &*self.shared;
        let sample = match clocks.time_read(|| source.read(index, &mut self.record)) {
            Ok(sample) => sample,
            Err(error) => return Outcome::Fatal(error),
        };
        let (shared, record) = (&*self.shared, &mut self.record);
        let made = match pixels {
            Pixels::Eight(out) => self.eight.make(shared, record, &sample, draw, out),
            Pixels::Sixteen(out) => self.sixteen.make(shared, record, &sample, draw, out),
        };
        match made {
            Ok(()) => Outcome::Good(sample.label),
            Err(reason) => Outcome::Bad(BadImage { name: self.name(index, &sample), reason }),
        }
    }

    /// File name and place of an image, for messages.
    fn name(&self, index: usize, sample: &Sample) -> String {
        let place = self.shared.source.place(index);
        let filename = self.record.get(sample.filename.clone()).unwrap_or_default();
        match String::from_utf8_lossy(filename) {
            filename if filename.is_empty() => place,
            filename => format!("{filename} ({place})"),
        }
    }
}

impl<L: DecodedLevel> Workspace<L> {
    /// Decodes and transforms the picture of `record`.
    fn make(
        &mut self,
        shared: &Shared,
        record: &mut Vec<u8>,
        sample: &Sample,
        draw: Draw,
        out: &mut [L],
    ) -> Result<(), String> {
        let Shared { decoder, transform, views, clocks, seed, epoch, .. } = shared;
        let Self { image, scratch } = self;
        if *views != Views::Single {
            let decoded = clocks.time_decode(|| sample.picture.decode(&**decoder, record, image));
            decoded.map_err(|error| error.to_string())?;
            return clocks.time_transform(|| transform.views(image, *views, scratch, out));
        }
        let Draw { sample: number, repetition } = draw;
        let mut rng = SampleRng::for_repetition(*seed, *epoch, u64::from(number), repetition);
        let mut pick = |height, width| transform.draw_region(height, width, &mut rng);
        let decoded = clocks
            .time_decode(|| sample.picture.decode_region(&**decoder, record, &mut pick, image));
        decoded.map_err(|error| error.to_string())?;
        clocks.time_transform(|| transform.apply_to_region(image, &mut rng, scratch, out))
    }
}

pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|&text| text.to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
