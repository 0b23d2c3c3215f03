//! Which pixels meet which weights: sizes, taps and phases of a convolution.

/// A convolution of `[batch, in_channels, h, w]` with `[out_channels, in_channels / groups, kh, kw]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub(crate) batch: usize,
    pub(crate) in_channels: usize,
    pub(crate) out_channels: usize,
    pub(crate) groups: usize,
    pub(crate) input: [usize; 2],
    pub(crate) output: [usize; 2],
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
    pub(crate) dilation: [usize; 2],
}

impl Geometry {
    pub(crate) fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Input channels that one output channel sees.
    pub(crate) fn in_depth(&self) -> usize {
        self.in_channels / self.groups
    }

    /// Output channels that one input channel feeds.
    pub(crate) fn out_depth(&self) -> usize {
        self.out_channels / self.groups
    }

    pub(crate) fn output_plane(&self) -> usize {
        self.output[0] * self.output[1]
    }

    pub(crate) fn weight_len(&self) -> usize {
        self.out_channels * self.in_depth() * self.taps()
    }

    /// Channels and sizes in words, and the floating point operations of one pass.
    pub(crate) fn describe(&self) -> (String, f64) {
        let Self { in_channels, out_channels, groups, input, kernel, stride, .. } = self;
        let shape = format!(
            "{in_channels} to {out_channels}, {}x{}, stride {}, {}x{}, groups {groups}",
            kernel[0], kernel[1], stride[0], input[0], input[1]
        );
        let sums = self.batch * self.output_plane() * self.out_channels;
        (shape, 2.0 * (sums * self.in_depth() * self.taps()) as f64)
    }

    /// Height and width of the input that the taps reach, padding included.
    pub(crate) fn reach(&self) -> [usize; 2] {
        [0, 1].map(|axis| {
            let last = self.output[axis].saturating_sub(1) * self.stride[axis];
            last + (self.kernel[axis] - 1) * self.dilation[axis] + 1
        })
    }

    /// The one grid of the forward pass: every output pixel sees every tap.
    pub(crate) fn forward_grid(&self) -> Grid {
        let [kh, kw] = self.kernel;
        let offset = |axis: usize, k: usize| {
            (k * self.dilation[axis]) as isize - self.padding[axis] as isize
        };
        let taps = (0..kh * kw)
            .map(|index| Tap { index, offset: [offset(0, index / kw), offset(1, index % kw)] });
        Grid {
            size: self.output,
            gather: self.stride,
            taps: taps.collect(),
            scatter: [1, 1],
            first: [0, 0],
        }
    }

    /// The grids of the data gradient: input pixels whose coordinates leave the same remainder when
    /// divided by the stride see the same taps, without gaps.
    pub(crate) fn backward_grids(&self) -> Vec<Grid> {
        let [sh, sw] = self.stride;
        (0..sh * sw).map(|phase| self.backward_grid([phase / sw, phase % sw])).collect()
    }

    fn backward_grid(&self, first: [usize; 2]) -> Grid {
        let rows = self.backward_offsets(0, first[0]);
        let columns = self.backward_offsets(1, first[1]);
        let taps = rows.iter().flat_map(|&(ky, dy)| {
            let tap = move |&(kx, dx): &(usize, isize)| Tap {
                index: ky * self.kernel[1] + kx,
                offset: [dy, dx],
            };
            columns.iter().map(tap)
        });
        let size =
            |axis: usize| self.input[axis].saturating_sub(first[axis]).div_ceil(self.stride[axis]);
        Grid {
            size: [size(0), size(1)],
            gather: [1, 1],
            taps: taps.collect(),
            scatter: self.stride,
            first,
        }
    }

    /// The taps along one axis that reach input coordinates `first + stride * i`, and by how much
    /// the output coordinate differs from `i`.
    fn backward_offsets(&self, axis: usize, first: usize) -> Vec<(usize, isize)> {
        let stride = self.stride[axis] as isize;
        let reach = move |k: usize| {
            let distance = (first + self.padding[axis]) as isize;
            let distance = distance - (k * self.dilation[axis]) as isize;
            (distance % stride == 0).then(|| (k, distance / stride))
        };
        (0..self.kernel[axis]).filter_map(reach).collect()
    }
}

/// One weight position of a kernel and where it looks, relative to the pixel times the stride.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tap {
    pub(crate) index: usize,
    pub(crate) offset: [isize; 2],
}

/// Pixels to compute: pixel `(y, x)` sums over taps at `gather * (y, x) + offset` of the source and
/// goes to `scatter * (y, x) + first` of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grid {
    pub(crate) size: [usize; 2],
    pub(crate) gather: [usize; 2],
    pub(crate) taps: Vec<Tap>,
    pub(crate) scatter: [usize; 2],
    pub(crate) first: [usize; 2],
}
