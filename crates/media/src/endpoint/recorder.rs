//! What was heard, as a WAV file: 48 kHz, mono, 16 bit.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::audio::{Frame, SAMPLE_RATE};
use crate::error::MediaError;

/// After so many frames the file's header is brought up to date: 200 ms.
const FLUSH_EVERY: u32 = 10;
/// A WAV file counts its bytes in 32 bits: recording ends a little before, after 12 hours.
const MAX_FRAMES: u32 = 12 * 3600 * 50;

/// Frames that may wait for the disk: half a minute.
const QUEUE: usize = 1500;

/// A recording: frames are handed to a thread of its own, since a disk may take longer than a call can wait.
pub(super) struct Recorder {
    frames: SyncSender<Box<Frame>>,
    writer: JoinHandle<Result<(), MediaError>>,
    path: PathBuf,
    lost: bool,
}

impl Recorder {
    pub(super) fn create(path: &Path) -> Result<Self, MediaError> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let file = WavWriter::create(path, spec).map_err(|error| audio_file(path, &error))?;
        let (frames, inbox) = sync_channel(QUEUE);
        let path = path.to_owned();
        let of_writer = path.clone();
        let writer = std::thread::Builder::new()
            .name("recorder".into())
            .spawn(move || {
                write_all(file, &inbox).map_err(|error| audio_file(&of_writer, &error))
            })?;
        Ok(Recorder {
            frames,
            writer,
            path,
            lost: false,
        })
    }

    /// Appends a frame; never waits.
    pub(super) fn write(&mut self, frame: &Frame) {
        if self.frames.try_send(Box::new(*frame)).is_err() && !self.lost {
            self.lost = true;
            tracing::error!(path = %self.path.display(), "the recording has holes or ended early");
        }
    }

    /// Completes the file; tells whether anything went wrong with it.
    pub(super) fn finish(self) -> Result<(), MediaError> {
        drop(self.frames);
        match self.writer.join() {
            Ok(written) => written,
            Err(_) => Err(MediaError::AudioFile {
                path: self.path,
                reason: "its writer failed".into(),
            }),
        }
    }
}

fn write_all(
    mut file: WavWriter<BufWriter<File>>,
    inbox: &Receiver<Box<Frame>>,
) -> Result<(), hound::Error> {
    let mut frames = 0;
    while let Ok(frame) = inbox.recv() {
        frames += 1;
        write_frame(&mut file, &frame, frames % FLUSH_EVERY == 0)?;
        if frames == MAX_FRAMES {
            tracing::warn!("the recording has reached its greatest length");
            break;
        }
    }
    file.finalize()
}

fn write_frame(
    writer: &mut WavWriter<BufWriter<File>>,
    frame: &Frame,
    flush: bool,
) -> Result<(), hound::Error> {
    for sample in frame {
        writer.write_sample((sample * 32767.0).clamp(-32768.0, 32767.0) as i16)?;
    }
    if flush { writer.flush() } else { Ok(()) }
}

pub(super) fn audio_file(path: &Path, error: &hound::Error) -> MediaError {
    MediaError::AudioFile {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}
