//! Tables for other programs.

/// A line of a CSV file ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)), with its end.
///
/// ```
/// let line = resnet_report::csv_line(["a.png", "dress, \"long\"", "0.5"]);
/// assert_eq!(line, "a.png,\"dress, \"\"long\"\"\",0.5\n");
/// ```
#[must_use]
pub fn csv_line<T: AsRef<str>>(fields: impl IntoIterator<Item = T>) -> String {
    let mut line = String::new();
    for (number, field) in fields.into_iter().enumerate() {
        let field = field.as_ref();
        line += if number > 0 { "," } else { "" };
        line += &match field.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", field.replace('"', "\"\"")),
            false => field.to_owned(),
        };
    }
    line + "\n"
}
