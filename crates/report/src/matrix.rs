//! A confusion matrix as a table, the darker the more.

use maud::{Markup, html};
use resnet_metrics::Confusion;

/// How often each class was taken for each: rows are the truth, columns the answers.
#[derive(Debug, Clone)]
pub struct Matrix {
    confusion: Confusion,
    names: Vec<String>,
}

impl Matrix {
    /// A matrix with a name for each class; classes without one are called by their number.
    #[must_use]
    pub fn new(confusion: Confusion, names: &[String]) -> Self {
        let name = |class: usize| names.get(class).cloned().unwrap_or_else(|| class.to_string());
        let names = (0..confusion.classes()).map(name).collect();
        Self { confusion, names }
    }

    pub(crate) fn render(&self) -> Markup {
        let caption = "Confusion matrix: rows are the truth, columns the answers";
        html! {
            div class="scroll" role="region" aria-label=(caption) tabindex="0" {
                table class="matrix" {
                    caption { span { (caption) } }
                    thead { tr {
                        td {}
                        @for name in &self.names { th scope="col" { span { (name) } } }
                    } }
                    tbody {
                        @for (truth, name) in self.names.iter().enumerate() {
                            tr { th scope="row" { (name) } (self.cells(truth)) }
                        }
                    }
                }
            }
        }
    }

    fn cells(&self, truth: usize) -> Markup {
        let row = self.confusion.row(truth);
        let sum: u64 = row.iter().sum();
        let share = |count: u64| if sum == 0 { 0.0 } else { count as f64 / sum as f64 };
        let class = |predicted, share| match (predicted == truth, share > 0.5) {
            (true, true) => "right much",
            (true, false) => "right",
            (false, true) => "wrong much",
            (false, false) => "wrong",
        };
        html! {
            @for (predicted, &count) in row.iter().enumerate() {
                td class=(class(predicted, share(count))) style=(format!("--share:{:.3}", share(count)))
                    title=(format!("{} taken for {}: {:.1} %", self.names[truth], self.names[predicted], 100.0 * share(count))) {
                    (count)
                }
            }
        }
    }
}
