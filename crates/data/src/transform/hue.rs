//! Turning the hue, by way of Pillow's HSV, which has as many levels as RGB.

use crate::level::Level;

/// Adds `turn` (-0.5 to 0.5 of the circle) to the hue, as torchvision's `adjust_hue`.
pub(super) fn turn<L: Level>(pixels: &mut [L], turn: f64) {
    // Truncated and wrapped, as torchvision's casts to int32 and then uint8.
    let steps = L::of((turn * brightest::<L>()) as i32 as usize);
    for colour in pixels.as_chunks_mut::<3>().0 {
        let [h, s, v] = to_hsv(*colour);
        *colour = to_rgb([h.wrapping_add(steps), s, v]);
    }
}

/// Source: Pillow 13, `Convert.c`, `rgb2hsv_row`.
fn to_hsv<L: Level>([r, g, b]: [L; 3]) -> [L; 3] {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    if most == least {
        return [L::default(), L::default(), most];
    }
    let below = |level: L| Into::<f32>::into(most) - Into::<f32>::into(level);
    let range = below(least);
    let saturation = range / Into::<f32>::into(most);
    let [rc, gc, bc] = [r, g, b].map(|level| below(level) / range);
    let sixths = if r == most {
        bc - gc
    } else if g == most {
        (2.0 + f64::from(rc) - f64::from(bc)) as f32
    } else {
        (4.0 + f64::from(gc) - f64::from(rc)) as f32
    };
    let hue = ((f64::from(sixths) / 6.0 + 1.0) % 1.0) as f32;
    let level = |share: f32| L::truncated(f64::from(share) * brightest::<L>());
    [level(hue), level(saturation), most]
}

/// Source: Pillow 13, `Convert.c`, `hsv2rgb`.
fn to_rgb<L: Level>([h, s, v]: [L; 3]) -> [L; 3] {
    if s == L::default() {
        return [v; 3];
    }
    let [hue, saturation, value]: [f64; 3] = [h, s, v].map(Into::into);
    let saturation = (saturation / brightest::<L>()) as f32;
    let sixths = (hue * 6.0 / brightest::<L>()) as f32;
    let rest = sixths - sixths.floor();
    let level = |lack: f32| L::truncated((value * (1.0 - f64::from(lack))).round());
    let (low, falling) = (level(saturation), level(saturation * rest));
    let rising = level((f64::from(saturation) * (1.0 - f64::from(rest))) as f32);
    match sixths as u8 % 6 {
        0 => [v, rising, low],
        1 => [falling, v, low],
        2 => [low, v, rising],
        3 => [low, falling, v],
        4 => [rising, low, v],
        _ => [v, low, falling],
    }
}

fn brightest<L: Level>() -> f64 {
    L::MAX.into()
}
