//! A small server on this machine that misbehaves as it is told.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// How the server answers one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// All that was asked for.
    Whole,
    /// Breaks off after this many bytes.
    BreakAfter(usize),
    /// Sends everything, whatever part was asked for.
    IgnoreRange,
    /// An error with this status.
    Status(u16),
}

/// Where the server is, and the first byte that each request asked for.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) asked: Arc<Mutex<Vec<usize>>>,
}

/// Serves `content` under any path, each request with the next of `answers` and then `Whole`.
pub(crate) fn serve(content: &[u8], answers: &[Answer]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (content, seen) = (content.to_vec(), asked.clone());
    let answers = answers.to_vec();
    let mut answers = answers.into_iter();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.expect("a connection");
            let start = first_byte(&stream);
            seen.lock().expect("no panic").push(start);
            answer(stream, &content, start, answers.next().unwrap_or(Answer::Whole));
        }
    });
    Server { url, asked }
}

/// Reads the request; the byte that its range begins with.
fn first_byte(stream: &TcpStream) -> usize {
    let mut start = 0;
    for line in BufReader::new(stream).lines() {
        let line = line.expect("a line").to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            start = range.trim_end_matches('-').parse().expect("a number");
        }
    }
    start
}

fn answer(mut stream: TcpStream, content: &[u8], start: usize, answer: Answer) {
    let length = content.len();
    let start = if answer == Answer::IgnoreRange { 0 } else { start };
    let head = match answer {
        Answer::Status(status) => format!("{status} No\r\nContent-Length: 0"),
        _ if start >= length => {
            format!("416 No\r\nContent-Range: bytes */{length}\r\nContent-Length: 0")
        }
        _ if start == 0 => format!("200 OK\r\nContent-Length: {length}"),
        _ => format!(
            "206 Part\r\nContent-Range: bytes {start}-{}/{length}\r\nContent-Length: {}",
            length - 1,
            length - start
        ),
    };
    let end = match answer {
        Answer::Status(_) => start.min(length),
        Answer::BreakAfter(count) => (start + count).min(length),
        _ => length,
    };
    let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n");
    // Who breaks off need not hear the rest.
    stream.write_all(head.as_bytes()).ok();
    stream.write_all(&content[start.min(end)..end]).ok();
}
