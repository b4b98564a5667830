//! `offhook dial` as a process, and tones to tell the parties of a call apart by.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use offhook_media::audio::SAMPLE_RATE;
use offhook_media::tone::{ToneBursts, ToneGenerator, loudest_tone_dbfs};
use serde_json::Value;

use super::{offhook, signal};

/// Nothing that is waited for takes longer on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// A tone that comes through a call is above this; what should not be heard is below the other.
pub(crate) const HEARD_DBFS: f32 = -30.0;
pub(crate) const UNHEARD_DBFS: f32 = -50.0;
/// Bytes of a second in a recording.
const SECOND: u64 = 2 * SAMPLE_RATE as u64;

const MONO: hound::WavSpec = hound::WavSpec {
    channels: 1,
    sample_rate: SAMPLE_RATE,
    bits_per_sample: 16,
    sample_format: hound::SampleFormat::Int,
};

/// A WAV file with two seconds of bursts of a tone.
pub(crate) fn tone_file(directory: &Path, hz: f32) -> PathBuf {
    let path = directory.join(format!("tone-{hz}.wav"));
    let mut samples = vec![0.0; 2 * SAMPLE_RATE as usize];
    ToneGenerator::new(ToneBursts::new(hz)).fill(&mut samples);
    let mut file = hound::WavWriter::create(&path, MONO).unwrap();
    for sample in samples {
        file.write_sample((sample * f32::from(i16::MAX)) as i16)
            .unwrap();
    }
    file.finalize().unwrap();
    path
}

/// What a recording holds.
pub(crate) fn samples(recording: &Path) -> Vec<f32> {
    let mut file = hound::WavReader::open(recording).unwrap();
    assert_eq!(file.spec(), MONO);
    let samples = file.samples::<i16>();
    samples
        .map(|sample| f32::from(sample.unwrap()) / f32::from(i16::MAX))
        .collect()
}

/// How loud a tone gets in a recording, dBFS.
pub(crate) fn level(recording: &Path, hz: f32) -> f32 {
    let window = Duration::from_millis(100);
    loudest_tone_dbfs(&samples(recording), SAMPLE_RATE, hz, window)
}

/// Waits until every recording is longer than now by so many seconds.
pub(crate) fn record_on(recordings: &[&Path], seconds: u64) {
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    let wanted: Vec<_> = recordings
        .iter()
        .map(|path| length(path) + seconds * SECOND)
        .collect();
    let begun = Instant::now();
    while recordings
        .iter()
        .zip(&wanted)
        .any(|(path, wanted)| length(path) < *wanted)
    {
        assert!(begun.elapsed() < PATIENCE, "the recordings do not grow");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A running `offhook dial --json`; killed with the value.
pub(crate) struct Dial {
    child: Child,
    lines: Receiver<Value>,
    complaints: Option<JoinHandle<String>>,
    seen: Vec<Value>,
}

/// How it ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) lines: Vec<Value>,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn report(&self) -> &Value {
        let last = self.lines.iter().find_map(|line| line.get("report"));
        last.unwrap_or_else(|| panic!("no report; it said: {}", self.stderr))
    }

    pub(crate) fn states(&self) -> Vec<&str> {
        let states = self.lines.iter().filter_map(|line| line["state"].as_str());
        states.collect()
    }
}

impl Dial {
    pub(crate) fn start(token: &str, arguments: &[&str]) -> Self {
        let mut command = offhook(&["dial", "--json"]);
        command.args(arguments).env("OFFHOOK_TOKEN", token);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (told, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let line = line.unwrap();
                let value = serde_json::from_str(&line);
                // Nobody may be waiting any more.
                let _ = told.send(value.unwrap_or_else(|_| panic!("not JSON: {line}")));
            }
        });
        let complaints = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        Self {
            child,
            lines,
            complaints: Some(complaints),
            seen: Vec::new(),
        }
    }

    /// Waits until it says that it is in a state.
    pub(crate) fn until(&mut self, state: &str) {
        let begun = Instant::now();
        while !self.seen.iter().any(|line| line["state"] == state) {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.seen.push(line),
                Err(_) => {
                    let _ = self.child.kill();
                    panic!(
                        "never {state}: {:?}; it said: {}",
                        self.seen,
                        self.complaints.take().unwrap().join().unwrap()
                    );
                }
            }
        }
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        signal(&self.child, "-INT");
    }

    /// Waits until it ends by itself.
    pub(crate) fn end(mut self) -> Ended {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "it does not end: {:?}",
                self.seen
            );
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut lines = std::mem::take(&mut self.seen);
        // Ends when the process has closed its end.
        lines.extend(self.lines.iter());
        Ended {
            code: status.code().unwrap(),
            lines,
            stderr: self.complaints.take().unwrap().join().unwrap(),
        }
    }
}

impl Drop for Dial {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
