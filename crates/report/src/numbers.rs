//! Numbers as people read them.

use resnet_metrics::Interval;

/// `1234567` as `1,234,567`.
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with three digits behind the point, or with three that count if it is small; `–` for
/// none.
#[must_use]
pub fn rounded(number: Option<f64>) -> String {
    match number {
        Some(number) if number == 0.0 || number.abs() >= 0.001 => format!("{number:.3}"),
        Some(number) => format!("{number:.2e}"),
        None => "–".to_owned(),
    }
}

/// `0.912 to 0.957`; `–` for none.
#[must_use]
pub fn ranged(interval: Option<Interval>) -> String {
    let ends = interval.map(|ends| [ends.low, ends.high].map(|end| rounded(Some(end))));
    ends.map_or_else(|| rounded(None), |ends| ends.join(" to "))
}
