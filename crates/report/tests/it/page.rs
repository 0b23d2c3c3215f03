//! What a page is made of, read back as a document.

use resnet_report::{Axis, Block, Chart, Figure, Picture, Report, Section, Series, Table, Tile};

/// The page, parsed: an unclosed element or a doubled attribute would be an error. HTML's void elements
/// are closed for the parser, which reads XML.
pub(crate) fn parsed<R>(report: &Report, look: impl Fn(&roxmltree::Document<'_>) -> R) -> R {
    let mut text = report.to_html().replace("<!DOCTYPE html>", "");
    for void in ["meta", "img"] {
        let mut closed = String::new();
        let opening = format!("<{void} ");
        let mut parts = text.split(&opening);
        closed += parts.next().unwrap_or_default();
        for part in parts {
            closed += &opening;
            closed += &part.replacen('>', "/>", 1);
        }
        text = closed;
    }
    look(&roxmltree::Document::parse(&text).expect("well formed"))
}

fn png() -> Picture {
    Picture::new(b"\x89PNG\r\n\x1a\n and so on".to_vec()).expect("it begins as PNG")
}

fn full() -> Report {
    let mut table = Table::new("A table", ["Name", "Number"]);
    table.push(vec!["one".into(), resnet_report::Cell::number("1")]);
    let chart = Chart::new("A chart", Axis::new("x"), Axis::share("y"))
        .with(Series::new("rising", (0..10).map(|n| (f64::from(n), f64::from(n) / 10.0))))
        .with(Series::new("broken", [(0.0, 0.5), (1.0, f64::NAN), (2.0, 0.25)]));
    let mut report = Report::new("Title").with_subtitle("Subtitle");
    report.push(Section::new("First").with(Block::Tiles(vec![Tile::new("Top-1", "90 %")])));
    report.push(Section::new("Second").with(table).with(chart));
    report.push(Section::new("Third").with(vec![Figure::new(png(), "a cat").with_line("cat 0.9")]));
    report.push(Section::new("Fourth").with(Block::Notice("look here".to_owned())));
    report
}

#[test]
fn every_heading_table_and_picture_is_there_for_a_screen_reader_too() {
    parsed(&full(), |document| {
        let count = |name| document.descendants().filter(|node| node.has_tag_name(name)).count();
        assert_eq!((count("h1"), count("h2"), count("h3")), (1, 4, 1));
        for image in document.descendants().filter(|node| node.has_tag_name("img")) {
            assert_eq!(image.attribute("alt"), Some("a cat"));
        }
        for table in document.descendants().filter(|node| node.has_tag_name("table")) {
            let has = |name| table.descendants().any(|node| node.has_tag_name(name));
            assert!(has("caption") && has("th"), "{table:?}");
        }
        let described = document.descendants().filter(|node| node.attribute("role") == Some("img"));
        let id =
            |node: roxmltree::Node<'_, '_>| node.attribute("aria-labelledby").map(str::to_owned);
        let ids: Vec<String> = described.filter_map(id).collect();
        assert_eq!(ids.len(), 1);
        let words = document.descendants().find(|node| node.attribute("id") == Some(&ids[0]));
        let words = words.and_then(|node| node.text()).expect("a description");
        assert!(words.contains("rising: from 0.000 at 0.000 to 0.900 at 9.000"), "{words}");
    });
}

#[test]
fn every_link_leads_to_a_section_and_identifiers_are_unique() {
    parsed(&full(), |document| {
        let mut ids: Vec<&str> =
            document.descendants().filter_map(|node| node.attribute("id")).collect();
        for link in document.descendants().filter(|node| node.has_tag_name("a")) {
            let target = link.attribute("href").and_then(|href| href.strip_prefix('#'));
            assert!(ids.contains(&target.expect("within the page")));
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    });
}

#[test]
fn nothing_is_asked_of_the_network() {
    let text = full().to_html();
    assert!(text.contains("default-src 'none'; img-src data:"));
    for forbidden in ["http:", "https:", "<script", "<link", "@import", "url("] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    assert!(text.contains("src=\"data:image/png;base64,iVBORw0KGgo"));
}

#[test]
fn light_dark_and_small_screens_are_provided_for() {
    let text = full().to_html();
    assert!(text.contains("width=device-width"));
    assert!(text.contains("prefers-color-scheme: dark"));
    assert!(text.contains("<html lang=\"en\">"));
}

#[test]
fn a_wide_table_is_a_list_on_a_phone_with_the_name_before_each_value() {
    let number = |number: usize| resnet_report::Cell::number(number.to_string());
    let table = |columns: usize| {
        let mut table = Table::new("A table", (0..columns).map(|column| format!("Head {column}")));
        let row = [resnet_report::Cell::from("one")].into_iter().chain((1..columns).map(number));
        table.push(row.collect());
        let mut report = Report::new("Title");
        report.push(Section::new("Only").with(table));
        report.to_html()
    };
    let (narrow, wide) = (table(4), table(5));
    assert!(!narrow.contains("class=\"listed\"") && !narrow.contains("data-head=\""));
    assert!(wide.contains("class=\"listed\"") && wide.contains(".listed td::before"));
    assert!(wide.contains("<td class=\"number\" data-head=\"Head 4\">4</td>"), "{wide}");
}

#[test]
fn a_line_is_broken_where_a_value_is_missing() {
    parsed(&full(), |document| {
        let paths = document.descendants().filter(|node| node.has_tag_name("path"));
        let drawn: Vec<&str> = paths
            .filter(|path| path.attribute("d") != Some("M0 5H30"))
            .filter_map(|path| path.attribute("d"))
            .collect();
        assert_eq!(drawn.len(), 2);
        assert_eq!(drawn[0].matches('M').count(), 1);
        assert_eq!(drawn[1].matches('M').count(), 2);
        assert!(!drawn.concat().contains("NaN"));
        // Each of the two single points is a dot, or nobody would see it.
        let dots = document.descendants().filter(|node| node.attribute("class") == Some("dot c1"));
        assert_eq!(dots.count(), 2);
    });
}
