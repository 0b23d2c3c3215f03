//! The answer: for people, as JSON, or as CSV.

use anyhow::Result;
use resnet::{Ensemble, Prediction};
use serde_json::{Value, json};

use crate::args::Args;
use crate::stdout::say;

pub(crate) fn give(args: &Args, networks: &Ensemble, predictions: &[Prediction]) -> Result<()> {
    let answer = if args.json {
        format!("{:#}", document(args, networks, predictions))
    } else if args.csv {
        table(args, networks, predictions)
    } else {
        text(args, networks, predictions)
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

fn text(args: &Args, networks: &Ensemble, predictions: &[Prediction]) -> String {
    let mut text = String::new();
    for prediction in predictions.iter().filter(|prediction| prediction.probabilities.is_ok()) {
        text += &format!("{}\n", prediction.place);
        for guess in prediction.top(args.top) {
            let percent = f64::from(guess.probability) * 100.0;
            text += &format!("{percent:>8.2} %  {}\n", networks.classes()[guess.class]);
        }
    }
    text
}

fn document(args: &Args, networks: &Ensemble, predictions: &[Prediction]) -> Value {
    let one = |prediction: &Prediction| match &prediction.probabilities {
        Err(reason) => json!({ "file": prediction.place, "error": reason }),
        Ok(_) => {
            let guess = |guess: resnet::training::predict::Guess| {
                let name = &networks.classes()[guess.class];
                json!({ "class": guess.class, "name": name, "probability": guess.probability })
            };
            let guesses: Vec<_> = prediction.top(args.top).into_iter().map(guess).collect();
            json!({ "file": prediction.place, "top": guesses })
        }
    };
    let weights: Vec<_> =
        networks.members().map(|member| member.trained().path.display().to_string()).collect();
    json!({ "weights": weights, "images": predictions.iter().map(one).collect::<Vec<_>>() })
}

fn table(args: &Args, networks: &Ensemble, predictions: &[Prediction]) -> String {
    let mut table = "file,rank,class,name,probability,error\n".to_owned();
    for prediction in predictions {
        let file = quoted(&prediction.place);
        if let Err(reason) = &prediction.probabilities {
            table += &format!("{file},,,,,{}\n", quoted(reason));
        }
        for (rank, guess) in (1..).zip(prediction.top(args.top)) {
            let name = quoted(&networks.classes()[guess.class]);
            table += &format!("{file},{rank},{},{name},{},\n", guess.class, guess.probability);
        }
    }
    table
}

/// A field of a CSV file (RFC 4180).
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
