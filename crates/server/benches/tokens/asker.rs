//! The process that asks: as little work for each request as can be, so that the server is what is measured.

use std::io::{BufRead as _, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Connections, each with one request at a time.
pub(crate) const AT_ONCE: usize = 16;

/// One thread serves all connections in turn. Answers come in the order of their requests, near enough: while it waits for one,
/// nothing else would be there to do, and no thread has to be woken for each.
pub(crate) fn refreshes() {
    let mut input = std::io::stdin().lock().lines();
    let (host, requests) = read(&input.next().unwrap().unwrap());
    let mut connections: Vec<Connection> = (0..AT_ONCE).map(|_| Connection::open(&host)).collect();
    println!("ready");
    assert_eq!(input.next().unwrap().unwrap(), "go");
    let began = Instant::now();
    let mut waits = Vec::with_capacity(requests.len());
    for (number, request) in requests.iter().enumerate() {
        let connection = &mut connections[number % AT_ONCE];
        waits.extend(connection.answered());
        connection.ask(request);
    }
    waits.extend(connections.iter_mut().filter_map(Connection::answered));
    let elapsed = began.elapsed();
    assert_eq!(waits.len(), requests.len());
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_micros();
    println!(
        r#"{{"elapsed_us":{},"median_us":{},"p99_us":{}}}"#,
        elapsed.as_micros(),
        at(0.5),
        at(0.99)
    );
}

fn read(file: &str) -> (String, Vec<Vec<u8>>) {
    let mut file = std::io::BufReader::new(std::fs::File::open(file).unwrap());
    let mut line = String::new();
    file.read_line(&mut line).unwrap();
    let host = line.trim().to_owned();
    let mut requests = Vec::new();
    loop {
        line.clear();
        if file.read_line(&mut line).unwrap() == 0 {
            return (host, requests);
        }
        let mut request = vec![0; line.trim().parse().unwrap()];
        file.read_exact(&mut request).unwrap();
        requests.push(request);
    }
}

struct Connection {
    stream: TcpStream,
    asked: Option<Instant>,
    answer: Vec<u8>,
}

impl Connection {
    fn open(host: &str) -> Self {
        let stream = TcpStream::connect(host).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            asked: None,
            answer: vec![0; 16 * 1024],
        }
    }

    fn ask(&mut self, request: &[u8]) {
        self.asked = Some(Instant::now());
        self.stream.write_all(request).unwrap();
    }

    /// Waits for the answer to what was asked; how long it took.
    fn answered(&mut self) -> Option<Duration> {
        let asked = self.asked.take()?;
        let mut read = 0;
        while !is_whole(&self.answer[..read]) {
            let more = self.stream.read(&mut self.answer[read..]).unwrap();
            assert!(more > 0, "the server closed the connection");
            read += more;
        }
        let answer = &self.answer[..read];
        assert!(
            answer.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(answer)
        );
        Some(asked.elapsed())
    }
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n") else {
        return false;
    };
    let text = std::str::from_utf8(&answer[..head]).unwrap();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.expect("a length").parse().unwrap();
    answer.len() >= head + 4 + length
}
