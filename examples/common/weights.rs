//! Weights that a person asks for by name, file or address.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use resnet::models::weights::Weights;
use resnet::pretrained::{Cache, Found, Request};

/// Flags about weights to begin with.
#[derive(Debug, Args)]
pub(crate) struct WeightsArgs {
    /// Begin with these weights instead of random ones: a name such as resnet50 or
    /// resnet50.a1_in1k, a .safetensors or .pth file, or an address. The classifier is replaced if the
    /// number of classes is another, the first convolution adapted to the channels.
    #[arg(long, value_name = "NAME|FILE|URL")]
    pretrained: Option<String>,

    /// Of several networks in the file the one whose tensors' names begin so, such as encoder_q.
    #[arg(long, value_name = "PREFIX", requires = "pretrained")]
    pub(crate) pretrained_prefix: Option<String>,

    /// Folder where published weights are kept. [default: resnet in the user's cache folder]
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
}

impl WeightsArgs {
    /// The weights that are asked for, if any are.
    pub(crate) fn request(&self) -> Result<Option<Request>> {
        let request = self.pretrained.as_ref().map(|wanted| wanted.parse::<Request>());
        request.transpose().context("--pretrained")
    }

    /// The file of these weights, which is fetched if it is elsewhere.
    pub(crate) fn file(&self, request: &Request) -> Result<PathBuf> {
        let cache = Cache::new(self.cache_dir.clone().unwrap_or_else(default_folder));
        Ok(find(&cache, request)?.path)
    }

    /// The weights in a file.
    pub(crate) fn read(&self, file: &Path) -> Result<Weights> {
        Ok(Weights::read_below(file, self.pretrained_prefix.as_deref())?)
    }
}

/// What a person should know of published weights.
pub(crate) fn announcement(request: &Request) -> Option<String> {
    let Request::Name(published) = request else { return None };
    Some(format!("Weights: {}, licence {}.", published.name, published.licence))
}

#[cfg(feature = "download")]
fn find(cache: &Cache, request: &Request) -> Result<Found> {
    use indicatif::{ProgressBar, ProgressStyle};
    use resnet::pretrained::{Progress, Retries};

    let style = ProgressStyle::with_template("{bytes}/{total_bytes} {bar} {eta}")?;
    let bar = ProgressBar::new(0).with_style(style);
    let found = cache.fetch(request, Retries::default(), &mut |progress| match progress {
        Progress::Waiting => {
            bar.suspend(|| eprintln!("Another process gets the weights: waiting for it."));
        }
        Progress::Received { bytes, total } => {
            bar.set_length(total.unwrap_or(bytes));
            bar.set_position(bytes);
        }
    });
    bar.finish_and_clear();
    Ok(found?)
}

#[cfg(not(feature = "download"))]
fn find(cache: &Cache, request: &Request) -> Result<Found> {
    use resnet::pretrained::PretrainedError;

    cache.find(request).map_err(|error| {
        let absent = matches!(error, PretrainedError::Absent { .. });
        let hint = if absent { ". Or build with --features download, which gets it" } else { "" };
        anyhow::anyhow!("{error}{hint}")
    })
}

fn default_folder() -> PathBuf {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    cache.unwrap_or_else(std::env::temp_dir).join("resnet")
}
