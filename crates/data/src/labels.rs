//! Several labels, of which any number may be true of an image.
//!
//! A source gives each image one number, its class. Where images have several labels, a class is a set of
//! labels that occurs, called by the names of its labels, so that splits, counts and checks by class are
//! by set.

/// Between the labels of a set.
const AND: &str = " + ";
/// The set of none.
const NONE: &str = "none";

/// What a set of labels is called.
pub(crate) fn name_of_set(labels: &[&str]) -> String {
    if labels.is_empty() { NONE.to_owned() } else { labels.join(AND) }
}

/// The places among `labels` of those in the set that is called `name`.
pub(crate) fn set_of_name(name: &str, labels: &[String]) -> Vec<usize> {
    let place = |word: &str| labels.iter().position(|label| label == word);
    name.split(AND).filter_map(place).collect()
}

/// Whether a set can be told by its name; what to do, otherwise.
pub(crate) fn check_names(labels: &[String]) -> Result<(), String> {
    for (number, label) in labels.iter().enumerate() {
        if label == NONE || label.contains(AND) || label.is_empty() {
            return Err(format!("a label cannot be called {label:?}: rename the column"));
        }
        if labels[..number].contains(label) {
            return Err(format!("the label {label:?} is named twice: name it once"));
        }
    }
    Ok(())
}

/// What a field says; `None` if it is neither yes nor no.
pub(crate) fn is_true(field: &str) -> Option<bool> {
    match field.trim().to_ascii_lowercase().as_str() {
        "1" | "1.0" | "true" | "yes" => Some(true),
        "0" | "0.0" | "false" | "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_found_again_by_its_name() {
        let labels = ["edema", "mass", "nodule"].map(str::to_owned);
        for set in [&[][..], &["mass"], &["edema", "nodule"], &["edema", "mass", "nodule"]] {
            let places: Vec<usize> =
                (0..3).filter(|&place| set.contains(&labels[place].as_str())).collect();
            assert_eq!(set_of_name(&name_of_set(set), &labels), places);
        }
    }

    #[test]
    fn names_that_could_be_taken_for_sets_are_refused() {
        for names in [&["none"][..], &["a + b"], &["a", "a"], &[""]] {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            assert!(check_names(&names).is_err(), "{names:?}");
        }
        assert_eq!(check_names(&["a+b".to_owned(), "c".to_owned()]), Ok(()));
    }

    #[test]
    fn what_is_neither_yes_nor_no_is_not_guessed() {
        assert_eq!([" 1", "TRUE", "0.0", "no"].map(is_true), [true, true, false, false].map(Some));
        assert_eq!(["-1", "", "2", "uncertain"].map(is_true), [None; 4]);
    }
}
