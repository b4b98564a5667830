//! What was heard, as a WAV file: 48 kHz, mono, 16 bit.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::audio::{Frame, SAMPLE_RATE};
use crate::error::MediaError;

/// After so many frames the file's header is brought up to date: once a second.
const FLUSH_EVERY: u32 = 50;
/// A WAV file counts its bytes in 32 bits: recording ends a little before, after 12 hours.
const MAX_FRAMES: u32 = 12 * 3600 * 50;

/// See the module's documentation.
pub(super) struct Recorder {
    path: PathBuf,
    writer: Option<WavWriter<BufWriter<File>>>,
    frames: u32,
}

impl Recorder {
    pub(super) fn create(path: &Path) -> Result<Self, MediaError> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let writer = WavWriter::create(path, spec).map_err(|error| audio_file(path, &error))?;
        Ok(Recorder {
            path: path.to_owned(),
            writer: Some(writer),
            frames: 0,
        })
    }

    /// Appends a frame. After a failure (a full disk) nothing more is written.
    pub(super) fn write(&mut self, frame: &Frame) {
        let Some(writer) = &mut self.writer else {
            return;
        };
        let written = write_frame(writer, frame, self.frames % FLUSH_EVERY == FLUSH_EVERY - 1);
        self.frames += 1;
        if let Err(error) = written {
            tracing::error!(path = %self.path.display(), %error, "the recording has ended early");
            self.writer = None;
        } else if self.frames >= MAX_FRAMES {
            tracing::warn!(path = %self.path.display(), "the recording has reached its greatest length");
            if let Err(error) = self.complete() {
                tracing::error!(%error, "the recording could not be completed");
            }
        }
    }

    /// Completes the file.
    pub(super) fn finish(mut self) -> Result<(), MediaError> {
        self.complete()
    }

    fn complete(&mut self) -> Result<(), MediaError> {
        match self.writer.take() {
            Some(writer) => writer
                .finalize()
                .map_err(|error| audio_file(&self.path, &error)),
            None => Ok(()),
        }
    }
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
