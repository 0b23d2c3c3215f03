//! Fewer points that make the same line.

/// Points of a line in pixels, of those in each column of pixels the first, the last and the two
/// extremes: a line through them covers the same pixels.
pub(super) fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    let column = |a: &(f64, f64), b: &(f64, f64)| a.0.floor() == b.0.floor();
    for run in points.chunk_by(column) {
        if run.len() <= 4 {
            kept.extend(run);
            continue;
        }
        let by_height = |a: &&usize, b: &&usize| run[**a].1.total_cmp(&run[**b].1);
        let places: Vec<usize> = (0..run.len()).collect();
        let extremes = [places.iter().min_by(by_height), places.iter().max_by(by_height)];
        let mut places: Vec<usize> = extremes.into_iter().flatten().copied().collect();
        places.extend([0, run.len() - 1]);
        places.sort_unstable();
        places.dedup();
        kept.extend(places.into_iter().map(|place| run[place]));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_keeps_its_ends_and_extremes() {
        let mut points: Vec<_> =
            (0..100_000).map(|n| (f64::from(n) / 1000.0, f64::from(n % 7))).collect();
        points[51_234].1 = -50.0;
        let kept = thin(&points);
        assert!(kept.len() <= 400, "{}", kept.len());
        assert!(kept.contains(&points[51_234]));
        assert_eq!((kept.first(), kept.last()), (points.first(), points.last()));
        assert!(kept.is_sorted_by(|a, b| a.0 <= b.0));
    }

    #[test]
    fn a_short_line_stays() {
        let points = vec![(0.0, 1.0), (0.1, 2.0), (5.0, 0.0)];
        assert_eq!(thin(&points), points);
    }
}
