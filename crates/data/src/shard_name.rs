//! `PREFIX-NNNNN-of-NNNNN`.

/// `train` of `train-00003-of-01024`; nothing of what is no shard.
pub(crate) fn prefix(name: &str) -> Option<&str> {
    parse(name).map(|(prefix, _, _)| prefix)
}

/// `train-00003-of-01024` is `(train, 3, 1024)`; a name of another form is no shard.
pub(crate) fn parse(name: &str) -> Option<(&str, usize, usize)> {
    let (start, total) = name.rsplit_once("-of-")?;
    let (prefix, number) = start.rsplit_once('-')?;
    let digits = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    if prefix.is_empty() || !digits(number) || !digits(total) {
        return None;
    }
    Some((prefix, number.parse().ok()?, total.parse().ok()?))
}
