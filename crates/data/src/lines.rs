//! Lists of names in text files.

/// The names in a text, one a line, without white space around them; what is wrong, if there is a line
/// without one before the last.
pub(crate) fn one_a_line(text: &str) -> Result<Vec<String>, String> {
    let lines: Vec<String> = text.trim_end().lines().map(|line| line.trim().to_owned()).collect();
    match lines.iter().position(String::is_empty) {
        Some(empty) => {
            let line = empty + 1;
            Err(format!("line {line} is empty: write the name there, or remove the line"))
        }
        None => Ok(lines),
    }
}
