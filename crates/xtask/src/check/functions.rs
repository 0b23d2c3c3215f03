//! Functions are short: clippy refuses one of more than 80 lines, this a median that grows.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};

use super::files;

/// Lines that half of the functions have at most.
const MEDIAN: usize = 9;

pub(super) fn functions_are_short(root: &Path) -> Result<()> {
    let mut lengths = Vec::new();
    for file in
        files(&root.join("crates"), "rs")?.into_iter().chain(files(&root.join("examples"), "rs")?)
    {
        if file.components().all(|part| part.as_os_str() != "tests") {
            lengths.extend(lengths_in(&fs::read_to_string(file)?));
        }
    }
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    ensure!(median <= MEDIAN, "half of them have {median} lines or more, {MEDIAN} are allowed");
    Ok(())
}

/// From the line with `fn` to the one with the last brace, which rustfmt puts below the beginning.
fn lengths_in(code: &str) -> Vec<usize> {
    let lines: Vec<&str> = code.lines().collect();
    let begins = |line: &str| {
        let words = line.trim_start().split(' ').map(|word| word.split('(').next().unwrap_or(word));
        words
            .take_while(|word| matches!(*word, "pub" | "const" | "unsafe" | "async" | "fn"))
            .any(|word| word == "fn")
    };
    let length = |first: usize| {
        let indent = lines[first].len() - lines[first].trim_start().len();
        let at_indent = |line: &str| line.len() - line.trim_start().len() == indent;
        let mut rest = lines[first..].iter().enumerate();
        let (last, end) = rest.find(|(n, line)| {
            let is_whole = *n == 0 || at_indent(line) && !line.trim().is_empty();
            is_whole && (line.ends_with('}') || line.ends_with(';'))
        })?;
        // What ends with a semicolon is the declaration of a trait.
        end.ends_with('}').then_some(last + 1)
    };
    (0..lines.len()).filter(|&n| begins(lines[n])).filter_map(length).collect()
}

#[cfg(test)]
mod tests {
    use super::lengths_in;

    #[test]
    fn lengths_are_those_of_whole_functions() {
        let code = "\
fn one() -> u8 { 1 }
trait T {
    fn declared(
        &self,
    ) -> u8;
    pub(crate) const fn three(&self) {
        { 1; }
    }
}
fn five(
    a: u8,
) -> u8 {
    a
}
";
        assert_eq!(lengths_in(code), [1, 3, 5]);
    }
}
