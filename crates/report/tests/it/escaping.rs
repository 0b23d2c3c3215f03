//! Text stays text, wherever it comes from.

use resnet_metrics::Confusion;
use resnet_report::{
    Axis, Block, Chart, Figure, Mark, Picture, Report, Section, Series, Table, Tile,
    UnknownPicture, sections,
};

use crate::page::parsed;

/// Would break out of an element, an attribute, a comment, or be read as an entity.
const EVIL: &str = "<script>alert(\"1\")</script>'\"><img src=x onerror=alert(1)>&amp;--> ]]>";

#[test]
fn no_text_becomes_an_element_or_an_attribute() {
    let evil = || EVIL.to_owned();
    let mut table = Table::new(EVIL, [EVIL]);
    table.push(vec![EVIL.into()]);
    let axes = || (Axis::new(EVIL), Axis::new(EVIL));
    let chart = Chart::new(EVIL, axes().0, axes().1)
        .with(Series::new(EVIL, [(0.0, 0.0), (1.0, 1.0)]))
        .with(Series::new(EVIL, [(0.0, 1.0)]))
        .with_mark(Mark::new(EVIL, (0.5, 0.5)))
        .with_note(EVIL);
    let picture = Picture::new(b"\x89PNG".to_vec()).expect("it begins as PNG");
    let confusion = Confusion::new(2, &[0, 1], &[0, 0]).expect("sound");
    let mut report = Report::new(EVIL).with_subtitle(EVIL);
    report.push(sections::headline(EVIL, [Tile::new(EVIL, EVIL).with_note(EVIL)]));
    report.push(Section::new(EVIL).with(table).with(chart));
    report.push(Section::new(EVIL).with(vec![Figure::new(picture, EVIL).with_line(EVIL)]));
    report.push(sections::confusion(&confusion, &[evil(), evil()]));
    report.push(sections::recipe(EVIL));
    report.push(Section::new(EVIL).with(Block::Facts(vec![(evil(), evil())])));
    report.push(Section::new(EVIL).with(Block::List(vec![evil()])).with(Block::Notice(evil())));
    parsed(&report, |document| {
        assert!(!document.descendants().any(|node| node.has_tag_name("script")));
        assert_eq!(document.descendants().filter(|node| node.has_tag_name("img")).count(), 1);
        let no_handler = |node: roxmltree::Node<'_, '_>| node.attribute("onerror").is_none();
        assert!(document.descendants().all(no_handler));
        let title = document.descendants().find(|node| node.has_tag_name("h1"));
        assert_eq!(title.and_then(|node| node.text()), Some(EVIL));
        let image = document.descendants().find(|node| node.has_tag_name("img"));
        assert_eq!(image.and_then(|node| node.attribute("alt")), Some(EVIL));
    });
}

#[test]
fn what_is_no_picture_is_refused() {
    assert_eq!(Picture::new(b"<svg onload=alert(1)>".to_vec()), Err(UnknownPicture));
    assert_eq!(Picture::new(Vec::new()), Err(UnknownPicture));
    for begin in [&b"\xff\xd8\xff\xe0"[..], b"BM", b"GIF89a", b"RIFF\0\0\0\0WEBP"] {
        assert!(Picture::new(begin.to_vec()).is_ok());
    }
}
