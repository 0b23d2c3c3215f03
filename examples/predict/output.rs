//! The answer: for people, as JSON, or as CSV.

use anyhow::Result;
use resnet::Prediction;
use resnet::finetuning::Choices;
use resnet::report::csv_line;
use resnet::training::predict::Guess;
use serde_json::{Value, json};

use crate::answers::Answers;
use crate::args::Args;
use crate::stdout::say;

pub(crate) fn give(args: &Args, answers: &Answers<'_>) -> Result<()> {
    let answer = if args.json {
        format!("{:#}", document(args, answers))
    } else if args.csv {
        table(args, answers)
    } else {
        text(args, answers)
    };
    say(answer.trim_end())
}

/// Names the images without an answer and says how many there are.
pub(crate) fn complain(predictions: &[Prediction]) -> usize {
    let mut unreadable = 0;
    for prediction in predictions {
        if let Err(reason) = &prediction.probabilities {
            eprintln!("{}: no answer: {reason}", prediction.place);
            unreadable += 1;
        }
    }
    if unreadable > 0 {
        eprintln!("{unreadable} of {} images have no answer.", predictions.len());
    }
    unreadable
}

fn text(args: &Args, answers: &Answers<'_>) -> String {
    let mut text = String::new();
    for prediction in answers.predictions.iter().filter(|one| one.probabilities.is_ok()) {
        let said =
            answers.in_words(prediction).map_or_else(String::new, |said| format!(": {said}"));
        text += &format!("{}{said}\n", prediction.place);
        for guess in prediction.top(args.top) {
            let percent = f64::from(guess.probability) * 100.0;
            text += &format!("{percent:>8.2} %  {}\n", answers.classes()[guess.class]);
        }
    }
    let notes = answers.choices.map(Choices::notes).unwrap_or_default();
    notes.iter().for_each(|note| text += &format!("\n{note}\n"));
    text
}

fn document(args: &Args, answers: &Answers<'_>) -> Value {
    let one = |prediction: &Prediction| match &prediction.probabilities {
        Err(reason) => json!({ "file": prediction.place, "error": reason }),
        Ok(_) => {
            let guess = |Guess { class, probability }: Guess| {
                let name = &answers.classes()[class];
                json!({ "class": class, "name": name, "probability": probability })
            };
            let guesses: Vec<_> = prediction.top(args.top).into_iter().map(guess).collect();
            let mut image = json!({ "file": prediction.place, "top": guesses });
            if let Some(said) = answers.said(prediction) {
                image["answer"] =
                    if answers.are_of_labels() { json!(said) } else { json!(said[0]) };
            }
            image
        }
    };
    let path = |member: &resnet::Predictor| member.trained().path.display().to_string();
    let weights: Vec<_> = answers.networks.members().map(path).collect();
    let images: Vec<_> = answers.predictions.iter().map(one).collect();
    let mut document = json!({ "weights": weights, "images": images });
    if let Some(choices) = answers.choices {
        document["chosen"] = json!(choices.questions);
    }
    document
}

fn table(args: &Args, answers: &Answers<'_>) -> String {
    let mut table = csv_line(["file", "answer", "rank", "class", "name", "probability", "error"]);
    for prediction in answers.predictions {
        let file = prediction.place.as_str();
        if let Err(reason) = &prediction.probabilities {
            table += &csv_line([file, "", "", "", "", "", reason]);
        }
        let said = answers.in_words(prediction).unwrap_or_default();
        for (rank, Guess { class, probability }) in (1..).zip(prediction.top(args.top)) {
            let numbers = [rank, class].map(|number: usize| number.to_string());
            let (name, probability) = (&answers.classes()[class], probability.to_string());
            table += &csv_line([file, &said, &numbers[0], &numbers[1], name, &probability, ""]);
        }
    }
    table
}
