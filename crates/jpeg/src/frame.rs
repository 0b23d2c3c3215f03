//! The picture's size and components, and how they are cut into blocks.
//!
//! Source: ITU-T T.81, A.1 (sizes and sampling), B.2.2 (frame header).

use crate::error::{Error, Result};
use crate::markers::{BASELINE, EXTENDED, PROGRESSIVE, Segment};

/// Samples on a side of a block.
pub(crate) const SIDE: usize = 8;

/// One colour component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) id: u8,
    /// Sampling factors: blocks of this component in each unit (MCU), across and down.
    pub(crate) across: usize,
    pub(crate) down: usize,
    /// Number of its quantization table.
    pub(crate) quantization: usize,
    /// Samples that belong to the picture.
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Blocks, with those that fill the last units.
    pub(crate) blocks_wide: usize,
    pub(crate) blocks_high: usize,
}

/// What a frame header says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) progressive: bool,
    components: [Component; 4],
    count: usize,
    /// Largest sampling factors.
    pub(crate) across: usize,
    pub(crate) down: usize,
    /// Units (MCUs) of an interleaved scan.
    pub(crate) units_wide: usize,
    pub(crate) units_high: usize,
}

impl Frame {
    pub(crate) fn parse(segment: &Segment<'_>) -> Result<Self> {
        let progressive = refuse_other_processes(segment.marker)?;
        let &[precision, h1, h0, w1, w0, count] = segment.bytes(0)?;
        if precision != 8 {
            return Err(Error::Precision { bits: precision });
        }
        let [height, width] =
            [[h1, h0], [w1, w0]].map(|side| usize::from(u16::from_be_bytes(side)));
        if height == 0 {
            return Err(Error::Unsupported { kind: "a JPEG that states no height in its header" });
        }
        if width == 0 {
            return segment.damaged("a picture without columns");
        }
        if !matches!(count, 1 | 3 | 4) {
            return Err(Error::Unsupported { kind: "a JPEG that has not 1, 3 or 4 components" });
        }
        let count = usize::from(count);
        let mut frame = Self { width, height, progressive, count, ..Self::default() };
        for (index, component) in frame.components[..count].iter_mut().enumerate() {
            *component = parse_component(segment, 6 + 3 * index)?;
        }
        frame.divide();
        Ok(frame)
    }

    pub(crate) fn components(&self) -> &[Component] {
        &self.components[..self.count]
    }

    /// Number of all blocks.
    pub(crate) fn blocks(&self) -> usize {
        self.components().iter().map(|part| part.blocks_wide * part.blocks_high).sum()
    }

    /// Computes what follows from the sizes and sampling factors.
    fn divide(&mut self) {
        let components = &mut self.components[..self.count];
        if let [only] = components {
            // Without other components there is nothing to interleave: a unit is a block.
            (only.across, only.down) = (1, 1);
        }
        self.across = components.iter().map(|part| part.across).max().unwrap_or(1);
        self.down = components.iter().map(|part| part.down).max().unwrap_or(1);
        self.units_wide = self.width.div_ceil(SIDE * self.across);
        self.units_high = self.height.div_ceil(SIDE * self.down);
        for part in components {
            part.width = (self.width * part.across).div_ceil(self.across);
            part.height = (self.height * part.down).div_ceil(self.down);
            part.blocks_wide = self.units_wide * part.across;
            part.blocks_high = self.units_high * part.down;
        }
    }
}

/// Whether the frame is progressive; an error if it is neither that nor sequential.
fn refuse_other_processes(marker: u8) -> Result<bool> {
    let kind = match marker {
        BASELINE | EXTENDED => return Ok(false),
        PROGRESSIVE => return Ok(true),
        0xc3 => "a lossless JPEG",
        0xc5..=0xc7 => "a hierarchical JPEG",
        _ => "a JPEG with arithmetic coding",
    };
    Err(Error::Unsupported { kind })
}

fn parse_component(segment: &Segment<'_>, index: usize) -> Result<Component> {
    let &[id, sampling, quantization] = segment.bytes(index)?;
    let [across, down] = [sampling >> 4, sampling & 15].map(usize::from);
    if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
        return segment.damaged("a sampling factor that is not from 1 to 4");
    }
    if quantization > 3 {
        return segment.damaged("a quantization table that is not from 0 to 3");
    }
    let quantization = usize::from(quantization);
    Ok(Component { id, across, down, quantization, ..Component::default() })
}
