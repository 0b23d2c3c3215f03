//! What the data and the model are.

use crate::block::{Block, Section};
use crate::numbers::grouped;
use crate::table::{Cell, Table};

/// Up to so many findings of a check are listed.
const MOST_LISTED: usize = 20;

/// What a data set holds, and whether its splits are apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataCard {
    /// Where it lies or comes from.
    pub source: String,
    /// What groups are called ("Patients"), where there are any.
    pub groups: Option<String>,
    /// What the table shows: "Images of each class".
    pub caption: String,
    /// Names of the classes, or of what else is counted.
    pub classes: Vec<String>,
    /// The splits.
    pub splits: Vec<SplitCard>,
    /// What was looked for, and found.
    pub checks: Vec<LeakageCheck>,
}

/// What a split holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SplitCard {
    /// Its name.
    pub name: String,
    /// Its images.
    pub images: usize,
    /// Its groups, where there are any.
    pub groups: Option<usize>,
    /// Images of each class, in the order of the classes.
    pub per_class: Vec<usize>,
}

/// A check that nothing is in two splits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeakageCheck {
    /// What should hold: "No patient is in two splits".
    pub claim: String,
    /// What was found against it; empty if it holds.
    pub found: Vec<String>,
}

impl DataCard {
    /// The card as a section: counts for each class, split and group, then the checks.
    #[must_use]
    pub fn section(&self) -> Section {
        let source = ("Source".to_owned(), self.source.clone());
        let mut section = Section::new("Data").with(Block::Facts(vec![source])).with(self.table());
        let (failed, held): (Vec<_>, Vec<_>) =
            self.checks.iter().partition(|check| !check.found.is_empty());
        for check in failed {
            let (claim, count) = (&check.claim, check.found.len());
            let notice =
                format!("Not so: {claim}. {} found; figures are too good.", grouped(count));
            section.push(Block::Notice(notice));
            section.push(Block::List(check.listed()));
        }
        if !held.is_empty() {
            let claims = held.iter().map(|check| format!("Checked: {}.", check.claim));
            section.push(Block::List(claims.collect()));
        }
        section
    }

    fn table(&self) -> Table {
        let head = ["Split".to_owned(), "Images".to_owned()].into_iter();
        let head = head.chain(self.groups.clone()).chain(self.classes.iter().cloned());
        let mut table = Table::new(self.caption.as_str(), head);
        for split in &self.splits {
            let mut row = vec![split.name.as_str().into(), Cell::number(grouped(split.images))];
            if self.groups.is_some() {
                row.push(Cell::number(split.groups.map_or("–".to_owned(), grouped)));
            }
            row.extend(split.per_class.iter().map(|&count| Cell::number(grouped(count))));
            table.push(row);
        }
        table
    }
}

impl LeakageCheck {
    fn listed(&self) -> Vec<String> {
        let mut listed: Vec<String> = self.found.iter().take(MOST_LISTED).cloned().collect();
        if self.found.len() > MOST_LISTED {
            listed.push(format!("and {} more", grouped(self.found.len() - MOST_LISTED)));
        }
        listed
    }
}

/// What a model is, what it is for, and what it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelCard {
    /// Architecture, size, input and the like, by name.
    pub facts: Vec<(String, String)>,
    /// What it is for.
    pub intended_use: String,
    /// What it must not be used for, and what is not known about it.
    pub limits: Vec<String>,
}

impl ModelCard {
    /// The card as a section.
    #[must_use]
    pub fn section(&self) -> Section {
        let mut facts = self.facts.clone();
        facts.push(("Intended use".to_owned(), self.intended_use.clone()));
        let section = Section::new("Model").with(Block::Facts(facts));
        match self.limits.as_slice() {
            [] => section,
            limits => section.with(Block::List(limits.to_vec())),
        }
    }
}
