//! What an endpoint sends, frame by frame.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hound::{SampleFormat, WavReader};

use super::AudioSource;
use super::live::LiveAudio;
use super::measure::EncodedLoop;
use super::recorder::audio_file;
use super::resample::Resampler;
use crate::audio::{FRAME_SAMPLES, Frame, SAMPLE_RATE, SILENCE};
use crate::error::MediaError;
use crate::tone::ToneGenerator;

/// Input sample frames read at once.
const READ: usize = 2048;

/// An opened [`AudioSource`].
pub(super) enum Source {
    Silence,
    Tone(ToneGenerator),
    Wav(Box<WavSource>),
    Live(LiveAudio),
    Encoded {
        packets: EncodedLoop,
        position: usize,
    },
}

/// What came of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    Audio,
    Silence,
    /// Audio, and the source has ended with it.
    Last,
}

impl Source {
    pub(super) fn open(source: &AudioSource) -> Result<Self, MediaError> {
        Ok(match source {
            AudioSource::Silence => Source::Silence,
            AudioSource::Tone(bursts) => Source::Tone(ToneGenerator::new(*bursts)),
            AudioSource::Wav { path, repeat } => {
                Source::Wav(Box::new(WavSource::open(path, *repeat)?))
            }
            AudioSource::Live(audio) => Source::Live(audio.clone()),
            AudioSource::Encoded(packets) => Source::Encoded {
                packets: packets.clone(),
                position: 0,
            },
        })
    }

    /// The next 20 ms as a packet, its level, and whether a loop begins with it, where they are not to be encoded.
    pub(super) fn packet(&mut self) -> Option<(Arc<[u8]>, f32, bool)> {
        let Source::Encoded { packets, position } = self else {
            return None;
        };
        let next = packets.at(*position);
        *position += 1;
        Some(next)
    }

    /// Writes the next 20 ms.
    pub(super) fn fill(&mut self, frame: &mut Frame) -> Filled {
        *frame = SILENCE;
        match self {
            Source::Silence => Filled::Silence,
            Source::Tone(generator) => {
                generator.fill(frame);
                Filled::Audio
            }
            Source::Wav(wav) => {
                let filled = wav.fill(frame);
                if filled == Filled::Last {
                    *self = Source::Silence;
                }
                filled
            }
            Source::Live(audio) if audio.read(frame) => Filled::Audio,
            Source::Live(_) | Source::Encoded { .. } => Filled::Silence,
        }
    }
}

/// A WAV file, read as it is played.
pub(super) struct WavSource {
    path: PathBuf,
    repeat: bool,
    reader: WavReader<BufReader<File>>,
    /// `None` when the file is at 48 kHz already.
    resampler: Option<Resampler>,
    ready: Vec<f32>,
    ended: bool,
}

impl WavSource {
    fn open(path: &Path, repeat: bool) -> Result<Self, MediaError> {
        let reader = WavReader::open(path).map_err(|error| audio_file(path, &error))?;
        let spec = reader.spec();
        let bad = |reason: String| MediaError::AudioFile {
            path: path.to_owned(),
            reason,
        };
        if !(1_000..=768_000).contains(&spec.sample_rate) {
            return Err(bad(format!(
                "a sample rate of {} Hz cannot be played",
                spec.sample_rate
            )));
        }
        if spec.channels == 0 || spec.channels > 64 {
            return Err(bad(format!("{} channels cannot be played", spec.channels)));
        }
        if reader.duration() == 0 {
            return Err(bad("it holds no audio".into()));
        }
        let resampler = (spec.sample_rate != SAMPLE_RATE).then(|| Resampler::new(spec.sample_rate));
        let (path, ready) = (path.to_owned(), Vec::new());
        Ok(WavSource {
            path,
            repeat,
            reader,
            resampler,
            ready,
            ended: false,
        })
    }

    fn fill(&mut self, frame: &mut Frame) -> Filled {
        while self.ready.len() < FRAME_SAMPLES && !self.ended {
            self.read();
        }
        let count = self.ready.len().min(FRAME_SAMPLES);
        frame[..count].copy_from_slice(&self.ready[..count]);
        self.ready.drain(..count);
        if self.ended && self.ready.is_empty() {
            Filled::Last
        } else {
            Filled::Audio
        }
    }

    /// Reads the next piece, or begins again, or marks the end.
    fn read(&mut self) {
        let channels = usize::from(self.reader.spec().channels);
        let mut mono = match read_mono(&mut self.reader, channels) {
            Ok(mono) => mono,
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "audio file is damaged: it ends here");
                self.ended = true;
                return;
            }
        };
        if mono.is_empty() {
            if self.repeat && self.reader.seek(0).is_ok() {
                return;
            }
            self.ended = true;
            // What the filter still holds.
            mono = vec![0.0; if self.resampler.is_some() { READ } else { 0 }];
        }
        match &mut self.resampler {
            Some(resampler) => {
                resampler.push(&mono);
                resampler.pull(usize::MAX, &mut self.ready);
            }
            None => self.ready.extend_from_slice(&mono),
        }
    }
}

/// The next sample frames, channels averaged; empty at the end.
fn read_mono(
    reader: &mut WavReader<BufReader<File>>,
    channels: usize,
) -> Result<Vec<f32>, hound::Error> {
    let spec = reader.spec();
    let count = READ * channels;
    let samples: Vec<f32> = match spec.sample_format {
        SampleFormat::Float => reader
            .samples::<f32>()
            .take(count)
            .collect::<Result<_, _>>()?,
        SampleFormat::Int => {
            let scale = 1.0 / (1u64 << (spec.bits_per_sample.max(1) - 1)) as f32;
            let samples = reader.samples::<i32>().take(count);
            samples
                .map(|s| s.map(|s| s as f32 * scale))
                .collect::<Result<_, _>>()?
        }
    };
    let average = |frame: &[f32]| frame.iter().sum::<f32>() / channels as f32;
    Ok(samples.chunks_exact(channels).map(average).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::tone_dbfs;

    fn write(path: &Path, spec: hound::WavSpec, seconds: f64) {
        let mut writer = hound::WavWriter::create(path, spec).expect("a file");
        for i in 0..(f64::from(spec.sample_rate) * seconds) as usize {
            let at = i as f64 / f64::from(spec.sample_rate) * std::f64::consts::TAU;
            let sample = 0.25 * (at * 800.0).sin();
            for _ in 0..spec.channels {
                match spec.sample_format {
                    SampleFormat::Float => writer.write_sample(sample as f32),
                    SampleFormat::Int => {
                        let full = (1i64 << (spec.bits_per_sample - 1)) - 1;
                        writer.write_sample((sample * full as f64) as i32)
                    }
                }
                .expect("a sample");
            }
        }
        writer.finalize().expect("a whole file");
    }

    fn play(source: &mut Source, frames: usize) -> (Vec<f32>, Option<usize>) {
        let mut audio = Vec::new();
        for i in 0..frames {
            let mut frame = SILENCE;
            let filled = source.fill(&mut frame);
            audio.extend_from_slice(&frame);
            if filled == Filled::Last {
                return (audio, Some(i));
            }
        }
        (audio, None)
    }

    #[test]
    fn files_of_all_kinds_sound_the_same() {
        let dir = tempfile::tempdir().expect("a directory");
        for (rate, channels, bits, format) in [
            (48_000, 1, 16, SampleFormat::Int),
            (44_100, 2, 16, SampleFormat::Int),
            (8_000, 1, 8, SampleFormat::Int),
            (96_000, 6, 24, SampleFormat::Int),
            (16_000, 2, 32, SampleFormat::Float),
        ] {
            let path = dir.path().join("tone.wav");
            let spec = hound::WavSpec {
                channels,
                sample_rate: rate,
                bits_per_sample: bits,
                sample_format: format,
            };
            write(&path, spec, 0.5);
            let wav = AudioSource::Wav {
                path,
                repeat: false,
            };
            let mut source = Source::open(&wav).expect("a source");
            let (audio, ended) = play(&mut source, 40);
            let level = tone_dbfs(&audio[2_000..22_000], SAMPLE_RATE, 800.0);
            assert!((level + 12.0).abs() < 0.5, "{spec:?}: {level}");
            let ended = ended.expect("it ends");
            assert!((24..=38).contains(&ended), "{spec:?}: {ended}");
        }
    }

    #[test]
    fn a_repeated_file_does_not_end() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("tone.wav");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 48_000,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        write(&path, spec, 0.1);
        let mut source = Source::open(&AudioSource::Wav { path, repeat: true }).expect("a source");
        let (audio, ended) = play(&mut source, 50);
        assert_eq!(ended, None);
        assert!(tone_dbfs(&audio[30_000..], SAMPLE_RATE, 800.0) > -14.0);
    }

    #[test]
    fn what_is_no_audio_file_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("text.wav");
        std::fs::write(&path, "this is no audio").expect("a file");
        for path in [path, dir.path().join("missing.wav")] {
            let opened = Source::open(&AudioSource::Wav {
                path,
                repeat: false,
            });
            assert!(matches!(opened, Err(MediaError::AudioFile { .. })));
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn a_damaged_file_is_refused_or_ends(
            changes in proptest::collection::vec((0usize..80, proptest::prelude::any::<u8>()), 0..6),
            cut in 0usize..400,
            repeat: bool,
        ) {
            let dir = tempfile::tempdir().expect("a directory");
            let path = dir.path().join("tone.wav");
            let spec = hound::WavSpec {
                channels: 2,
                sample_rate: 44_100,
                bits_per_sample: 16,
                sample_format: SampleFormat::Int,
            };
            write(&path, spec, 0.01);
            let mut bytes = std::fs::read(&path).expect("the file");
            bytes.truncate(bytes.len() - cut);
            for (at, value) in changes {
                bytes[at] = value;
            }
            std::fs::write(&path, bytes).expect("the file");
            // Half a second, whatever it holds; a source that hangs would never come back.
            if let Ok(mut source) = Source::open(&AudioSource::Wav { path, repeat }) {
                let (audio, _) = play(&mut source, 25);
                proptest::prop_assert!(audio.len() <= 25 * FRAME_SAMPLES);
            }
        }
    }
}
