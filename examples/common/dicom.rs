//! What becomes visible of DICOM files: flags, as keys of a recipe.

#[derive(Debug, clap::Args)]
pub(crate) struct Flags {
    /// Which values of DICOM files are black and white: their center and width (-600,1500), or `full` for
    /// all that can be stored. The window of the file, if not given.
    #[arg(long, value_name = "CENTER,WIDTH", allow_hyphen_values = true, value_parser = window, help_heading = "DICOM")]
    window: Option<String>,
    /// Which image of a DICOM file with several: `first`, `middle`, or its number from 0. The first, if
    /// not given.
    #[arg(long, value_name = "WHICH", value_parser = frame, help_heading = "DICOM")]
    frame: Option<String>,
}

impl Flags {
    /// Changes of a recipe, as for `--set`.
    pub(crate) fn overrides(&self) -> Vec<String> {
        let window = self.window.iter().map(|window| format!("data.dicom.window={window}"));
        let frame = self.frame.iter().map(|frame| format!("data.dicom.frame={frame}"));
        window.chain(frame).collect()
    }
}

fn window(text: &str) -> Result<String, String> {
    if text == "full" {
        return Ok(text.to_owned());
    }
    let numbers: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[center, width]) if center.is_finite() && width.is_finite() && width >= 1.0 => {
            Ok(format!("{{ given = {{ center = {center:?}, width = {width:?} }} }}"))
        }
        _ => Err("it must be `full`, or a center and a width of at least 1, as 40,400".to_owned()),
    }
}

fn frame(text: &str) -> Result<String, String> {
    match (text, text.parse::<u32>()) {
        ("first" | "middle", _) => Ok(text.to_owned()),
        (_, Ok(number)) => Ok(format!("{{ number = {number} }}")),
        _ => Err("it must be `first`, `middle` or a number from 0".to_owned()),
    }
}
