//! Bounding boxes from ImageNet's XML annotations, as `process_bounding_boxes.py` reads them.

use std::path::{Path, PathBuf};

use resnet_files::hex;
use roxmltree::{Document, Node};
use sha2::{Digest, Sha256};

use super::error::PrepareError;
use super::example::Boxes;
use crate::Split;

/// SHA-256 of the names and lengths of all annotations below `folder`.
pub(super) fn listing_sha256(folder: &Path) -> Result<String, PrepareError> {
    let mut sum = Sha256::new();
    add_folder(folder, "", &mut sum)?;
    Ok(hex(&sum.finalize()))
}

/// Adds the annotations of a folder, which is `below` the first, to a sum, in the order of their names.
fn add_folder(folder: &Path, below: &str, sum: &mut Sha256) -> Result<(), PrepareError> {
    let failed = |error| PrepareError::io("list", folder)(error);
    let mut entries = std::fs::read_dir(folder)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{below}{}", entry.file_name().display());
        if entry.file_type().map_err(failed)?.is_dir() {
            add_folder(&entry.path(), &format!("{name}/"), sum)?;
        } else if name.ends_with(".xml") {
            let path = entry.path();
            let bytes = path.metadata().map_err(PrepareError::io("read", &path))?.len();
            sum.update(format!("{name} {bytes}\n"));
        }
    }
    Ok(())
}

/// The boxes of an image; none if it has no annotation, as most training images have none.
pub(super) fn of_image(
    folder: &Path,
    split: Split,
    synset: &str,
    filename: &str,
) -> Result<Boxes, PrepareError> {
    let name = Path::new(filename).with_extension("xml");
    for path in places(folder, split, synset, &name) {
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                return parse(&text).map_err(|problem| PrepareError::Annotation { path, problem });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(PrepareError::io("read", path)(error)),
        }
    }
    Ok(Boxes::default())
}

/// Where the annotation of an image may be: as Kaggle packs them, and as ImageNet's two archives
/// unpack.
fn places(folder: &Path, split: Split, synset: &str, name: &Path) -> Vec<PathBuf> {
    match split {
        Split::Train => {
            vec![folder.join("train").join(synset).join(name), folder.join(synset).join(name)]
        }
        Split::Validation => vec![folder.join("val").join(name), folder.join(name)],
    }
}

/// All boxes of an annotation. The names of the objects in it are not used: many dogs are called by
/// words instead of their synset.
fn parse(xml: &str) -> Result<Boxes, String> {
    let document = Document::parse(xml).map_err(|error| format!("no XML: {error}"))?;
    let root = document.root_element();
    let size = child(root, "size")?;
    let (width, height) = (number(size, "width")?, number(size, "height")?);
    if width <= 0.0 || height <= 0.0 {
        return Err(format!("an image of {width}x{height} pixels"));
    }
    let mut boxes = Boxes::default();
    for node in root.descendants().filter(|node| node.has_tag_name("bndbox")) {
        let share =
            |name, side: f64| Ok::<f64, String>((number(node, name)? / side).clamp(0.0, 1.0));
        let (xmin, xmax) = (share("xmin", width)?, share("xmax", width)?);
        let (ymin, ymax) = (share("ymin", height)?, share("ymax", height)?);
        // Some boxes of the published annotations are empty or turned around: the reference drops
        // them as well.
        if xmin < xmax && ymin < ymax {
            boxes.xmin.push(xmin as f32);
            boxes.ymin.push(ymin as f32);
            boxes.xmax.push(xmax as f32);
            boxes.ymax.push(ymax as f32);
        }
    }
    Ok(boxes)
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Result<Node<'a, 'i>, String> {
    let found = node.children().find(|child| child.has_tag_name(name));
    found.ok_or_else(|| format!("<{}> without <{name}>", node.tag_name().name()))
}

fn number(node: Node<'_, '_>, name: &str) -> Result<f64, String> {
    let text = child(node, name)?.text().unwrap_or_default().trim();
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| format!("<{name}> holds {text:?}, not a number"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    const ANNOTATION: &str = "<annotation><folder>n01440764</folder><size><width>500</width>\
        <height>400</height><depth>3</depth></size><object><name>dog</name><bndbox><xmin>50</xmin>\
        <ymin>100</ymin><xmax>250</xmax><ymax>500</ymax></bndbox></object><object><bndbox>\
        <xmin>9</xmin><ymin>9</ymin><xmax>9</xmax><ymax>20</ymax></bndbox></object></annotation>";

    #[test]
    fn boxes_are_shares_of_the_image_within_it() {
        let boxes = parse(ANNOTATION).unwrap();
        assert_eq!((&boxes.xmin[..], &boxes.xmax[..]), (&[0.1][..], &[0.5][..]));
        assert_eq!((&boxes.ymin[..], &boxes.ymax[..]), (&[0.25][..], &[1.0][..]));
    }

    #[test]
    fn an_annotation_that_is_none_says_why() {
        assert!(parse("<annotation>").unwrap_err().contains("no XML"));
        assert!(parse("<annotation/>").unwrap_err().contains("<annotation> without <size>"));
        let wrong = ANNOTATION.replace("<width>500", "<width>wide");
        assert_eq!(parse(&wrong).unwrap_err(), "<width> holds \"wide\", not a number");
        assert!(parse(&ANNOTATION.replace(">400<", ">0<")).unwrap_err().contains("500x0"));
    }
}
