//! Turning the hue, by way of Pillow's 8-bit HSV.

/// Adds `turn` (-0.5 to 0.5 of the circle) to the hue, as torchvision's `adjust_hue`.
pub(super) fn turn(pixels: &mut [u8], turn: f64) {
    // Truncated and wrapped, as torchvision's casts to int32 and then uint8.
    let steps = (turn * 255.0) as i32 as u8;
    for colour in pixels.as_chunks_mut::<3>().0 {
        let [h, s, v] = to_hsv(*colour);
        *colour = to_rgb([h.wrapping_add(steps), s, v]);
    }
}

/// Source: Pillow 13, `Convert.c`, `rgb2hsv_row`.
fn to_hsv([r, g, b]: [u8; 3]) -> [u8; 3] {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    if most == least {
        return [0, 0, most];
    }
    let range = f32::from(most - least);
    let saturation = range / f32::from(most);
    let [rc, gc, bc] = [r, g, b].map(|level| f32::from(most - level) / range);
    let sixths = if r == most {
        bc - gc
    } else if g == most {
        (2.0 + f64::from(rc) - f64::from(bc)) as f32
    } else {
        (4.0 + f64::from(gc) - f64::from(rc)) as f32
    };
    let hue = ((f64::from(sixths) / 6.0 + 1.0) % 1.0) as f32;
    let level = |share: f32| (f64::from(share) * 255.0) as u8;
    [level(hue), level(saturation), most]
}

/// Source: Pillow 13, `Convert.c`, `hsv2rgb`.
fn to_rgb([h, s, v]: [u8; 3]) -> [u8; 3] {
    if s == 0 {
        return [v; 3];
    }
    let saturation = (f64::from(s) / 255.0) as f32;
    let sixths = (f64::from(h) * 6.0 / 255.0) as f32;
    let rest = sixths - sixths.floor();
    let level = |lack: f32| (f64::from(v) * (1.0 - f64::from(lack))).round() as u8;
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
