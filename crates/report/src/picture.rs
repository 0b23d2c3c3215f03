//! Pictures within the page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use thiserror::Error;

/// A picture file that every browser shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    mime: &'static str,
    bytes: Vec<u8>,
}

/// The bytes are no PNG, JPEG, GIF, BMP or WebP file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the picture is no PNG, JPEG, GIF, BMP or WebP file: encode it as one of them")]
pub struct UnknownPicture;

impl Picture {
    /// A picture from the bytes of its file, PNG, JPEG, GIF, BMP or WebP, told by how they begin.
    ///
    /// # Errors
    /// [`UnknownPicture`] if they begin otherwise.
    pub fn new(bytes: Vec<u8>) -> Result<Self, UnknownPicture> {
        let mime = match bytes.as_slice() {
            [0x89, b'P', b'N', b'G', ..] => "image/png",
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            [b'G', b'I', b'F', b'8', ..] => "image/gif",
            [b'B', b'M', ..] => "image/bmp",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
            _ => return Err(UnknownPicture),
        };
        Ok(Self { mime, bytes })
    }

    fn uri(&self) -> String {
        format!("data:{};base64,{}", self.mime, STANDARD.encode(&self.bytes))
    }
}

/// One or more pictures with words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Each with what is to be seen on it.
    pictures: Vec<(Picture, String)>,
    caption: Vec<String>,
}

impl Figure {
    /// A picture; `alt` says what is to be seen to those who cannot see it.
    #[must_use]
    pub fn new(picture: Picture, alt: impl Into<String>) -> Self {
        Self { pictures: vec![(picture, alt.into())], caption: Vec::new() }
    }

    /// The figure with another picture beside the first: what a network looked at, say.
    #[must_use]
    pub fn beside(mut self, picture: Picture, alt: impl Into<String>) -> Self {
        self.pictures.push((picture, alt.into()));
        self
    }

    /// The figure with another line beneath the picture.
    #[must_use]
    pub fn with_line(mut self, line: impl Into<String>) -> Self {
        self.caption.push(line.into());
        self
    }

    pub(crate) fn render(&self) -> Markup {
        html! {
            figure {
                div class="pictures" {
                    @for (picture, alt) in &self.pictures { img src=(picture.uri()) alt=(alt); }
                }
                @if !self.caption.is_empty() {
                    figcaption { @for line in &self.caption { span { (line) } } }
                }
            }
        }
    }
}
