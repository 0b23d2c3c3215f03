//! Several labels, of which any number may be true of an image.
//!
//! A source gives each image one number, its class. Where images have several labels, a class is a set of
//! labels that occurs, called by the names of its labels, so that splits, counts and checks by class are
//! by set. Of a label that is followed by a question mark it is not known whether it is true.

/// Between the labels of a set.
const AND: &str = " + ";
/// The set of none.
const NONE: &str = "none";
/// After a label of which nobody knows.
const UNKNOWN: char = '?';

/// What becomes of a label about which a manifest says neither yes nor no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelPolicy {
    /// Nothing is learned or judged by this label of this image.
    Ignore,
    /// It is taken for true.
    Positive,
    /// It is taken for false.
    Negative,
}

/// What becomes of labels that are neither yes nor no; without a policy they are errors.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Policies {
    /// Of `-1`, as CheXpert has it, or `uncertain`.
    pub(crate) uncertain: Option<LabelPolicy>,
    /// Of an empty field.
    pub(crate) unmentioned: Option<LabelPolicy>,
}

/// What a set of labels is called, each with whether it is true, which may be unknown.
pub(crate) fn name_of_set<'a>(labels: impl IntoIterator<Item = (&'a str, Option<bool>)>) -> String {
    let word = |(label, truth): (&str, Option<bool>)| match truth {
        Some(true) => Some(label.to_owned()),
        Some(false) => None,
        None => Some(format!("{label}{UNKNOWN}")),
    };
    let words: Vec<String> = labels.into_iter().filter_map(word).collect();
    if words.is_empty() { NONE.to_owned() } else { words.join(AND) }
}

/// The places among `labels` of those in the set that is called `name`: the true and the unknown ones.
pub(crate) fn set_of_name(name: &str, labels: &[String]) -> [Vec<usize>; 2] {
    let place = |word: &str| labels.iter().position(|label| label == word);
    let words = || name.split(AND);
    let unknown = words().filter_map(|word| place(word.strip_suffix(UNKNOWN)?));
    [words().filter_map(place).collect(), unknown.collect()]
}

/// Whether a set can be told by its name; what to do, otherwise.
pub(crate) fn check_names(labels: &[String]) -> Result<(), String> {
    for (number, label) in labels.iter().enumerate() {
        // Beside another label, `ER +` would read as `ER` and more.
        let ambiguous = format!(" {label} ").contains(AND) || label.ends_with(UNKNOWN);
        if label == NONE || ambiguous || label.is_empty() {
            return Err(format!("a label cannot be called {label:?}: rename the column"));
        }
        if labels[..number].contains(label) {
            return Err(format!("the label {label:?} is named twice: name it once"));
        }
    }
    Ok(())
}

impl Policies {
    /// Whether a label is true by what a field says, `None` if that is to be ignored; what to do, if that
    /// cannot be told.
    pub(crate) fn truth(self, field: &str) -> Result<Option<bool>, &'static str> {
        let (policy, remedy) = match field.trim().to_ascii_lowercase().as_str() {
            "1" | "1.0" | "true" | "yes" => return Ok(Some(true)),
            "0" | "0.0" | "false" | "no" => return Ok(Some(false)),
            "-1" | "-1.0" | "uncertain" => {
                (self.uncertain, "write 1 or 0, or choose what uncertain labels are taken for")
            }
            "" => (self.unmentioned, "write 1 or 0, or choose what empty labels are taken for"),
            _ => return Err("write 1 or 0"),
        };
        match policy.ok_or(remedy)? {
            LabelPolicy::Ignore => Ok(None),
            LabelPolicy::Positive => Ok(Some(true)),
            LabelPolicy::Negative => Ok(Some(false)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_found_again_by_its_name() {
        let labels = ["edema", "mass", "nodule"].map(str::to_owned);
        for truths in [
            [Some(false); 3],
            [Some(true); 3],
            [Some(false), None, Some(true)],
            [None, Some(true), None],
        ] {
            let places =
                |wanted| (0..3).filter(|&place| truths[place] == wanted).collect::<Vec<_>>();
            let name = name_of_set(labels.iter().map(String::as_str).zip(truths));
            assert_eq!(set_of_name(&name, &labels), [places(Some(true)), places(None)], "{name}");
        }
    }

    #[test]
    fn names_that_could_be_taken_for_sets_are_refused() {
        let refused: [&[&str]; 8] = [
            &["none"],
            &["a + b"],
            &["a", "a"],
            &[""],
            &["a?"],
            &["ER +", "PR +"],
            &["+ b"],
            &["+"],
        ];
        for names in refused {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            assert!(check_names(&names).is_err(), "{names:?}");
        }
        let labels = ["a+b", "ER+", "+c"].map(str::to_owned);
        assert_eq!(check_names(&labels), Ok(()));
        let name = name_of_set(labels.iter().map(|label| (label.as_str(), Some(true))));
        assert_eq!(set_of_name(&name, &labels), [vec![0, 1, 2], vec![]], "{name}");
    }

    #[test]
    fn what_is_neither_yes_nor_no_is_not_guessed() {
        let truth = |field| Policies::default().truth(field);
        assert_eq!([" 1", "TRUE"].map(truth), [Ok(Some(true)); 2]);
        assert_eq!(["0.0", "no"].map(truth), [Ok(Some(false)); 2]);
        for field in ["-1", "", "2", "uncertain"] {
            assert!(truth(field).is_err(), "{field:?}");
        }
    }

    #[test]
    fn what_is_uncertain_or_empty_is_taken_for_what_is_wanted() {
        let (uncertain, unmentioned) = (Some(LabelPolicy::Ignore), Some(LabelPolicy::Negative));
        let policies = Policies { uncertain, unmentioned };
        assert_eq!(["-1", "-1.0", "Uncertain"].map(|field| policies.truth(field)), [Ok(None); 3]);
        assert_eq!(policies.truth(" "), Ok(Some(false)));
        let policies = Policies { uncertain: Some(LabelPolicy::Positive), unmentioned: None };
        assert_eq!(policies.truth("-1"), Ok(Some(true)));
        assert!(policies.truth("").is_err_and(|remedy| remedy.contains("empty labels")));
    }
}
