//! The machine's sound devices, by the feature `sound`.
//!
//! ```no_run
//! # async fn example(call: offhook::Call) -> Result<(), Box<dyn std::error::Error>> {
//! use offhook::AudioOptions;
//! use offhook::sound::{Microphone, Speaker};
//!
//! let (microphone, speaker) = (Microphone::open()?, Speaker::open()?);
//! let audio = AudioOptions {
//!     source: microphone.source(),
//!     listen: Some(speaker.input()),
//!     ..AudioOptions::default()
//! };
//! call.answer(audio).await?;
//! # Ok(())
//! # }
//! ```
//! Echo is not cancelled: use a headset, or a device that does it.

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{FromSample, SampleFormat, SizedSample, Stream, SupportedStreamConfigRange};
use thiserror::Error;

use crate::{AudioSource, LiveAudio};

/// What calls are made of.
const RATE_HZ: u32 = 48_000;

/// Why there is no sound.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SoundError {
    /// The machine has no such device.
    #[error("there is no {0}")]
    NoDevice(&'static str),
    /// The device cannot do 48 kHz.
    #[error("the {0} does not do 48 kHz with samples of 16 bit or floating point")]
    Unsuitable(&'static str),
    /// The device, or the system, refuses; it may be in use.
    #[error("the {device} cannot be used: {reason}")]
    Refused {
        /// Which one.
        device: &'static str,
        /// What the system said.
        reason: String,
    },
}

impl SoundError {
    fn refused(device: &'static str) -> impl Fn(cpal::Error) -> Self {
        move |error| Self::Refused {
            device,
            reason: error.to_string(),
        }
    }
}

/// The machine's default microphone, heard as long as this lives.
pub struct Microphone {
    audio: LiveAudio,
    _stream: Stream,
}

const MICROPHONE: &str = "microphone";

impl Microphone {
    /// Opens it and begins to listen.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub fn open() -> Result<Self, SoundError> {
        let device = cpal::default_host()
            .default_input_device()
            .ok_or(SoundError::NoDevice(MICROPHONE))?;
        let refused = SoundError::refused(MICROPHONE);
        let offered = device.supported_input_configs().map_err(&refused)?;
        let config = choose(offered).ok_or(SoundError::Unsuitable(MICROPHONE))?;
        let audio = LiveAudio::new();
        let stream = match config.sample_format() {
            SampleFormat::F32 => record::<f32>(&device, config.config(), audio.clone()),
            _ => record::<i16>(&device, config.config(), audio.clone()),
        };
        let stream = stream.map_err(&refused)?;
        stream.play().map_err(&refused)?;
        Ok(Self {
            audio,
            _stream: stream,
        })
    }

    /// What is heard, to be said in a call.
    pub fn source(&self) -> AudioSource {
        AudioSource::Live(self.audio.clone())
    }
}

/// The machine's default speaker, playing as long as this lives.
pub struct Speaker {
    audio: LiveAudio,
    _stream: Stream,
}

const SPEAKER: &str = "speaker";

impl Speaker {
    /// Opens it; it is silent until something is written.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub fn open() -> Result<Self, SoundError> {
        let device = cpal::default_host()
            .default_output_device()
            .ok_or(SoundError::NoDevice(SPEAKER))?;
        let refused = SoundError::refused(SPEAKER);
        let offered = device.supported_output_configs().map_err(&refused)?;
        let config = choose(offered).ok_or(SoundError::Unsuitable(SPEAKER))?;
        let audio = LiveAudio::new();
        let stream = match config.sample_format() {
            SampleFormat::F32 => play::<f32>(&device, config.config(), audio.clone()),
            _ => play::<i16>(&device, config.config(), audio.clone()),
        };
        let stream = stream.map_err(&refused)?;
        stream.play().map_err(&refused)?;
        Ok(Self {
            audio,
            _stream: stream,
        })
    }

    /// Where to write what is to be played: [`AudioOptions::listen`](crate::AudioOptions::listen).
    pub fn input(&self) -> LiveAudio {
        self.audio.clone()
    }
}

/// 48 kHz, floating point if there is, and no more channels than needed.
fn choose(
    offered: impl Iterator<Item = SupportedStreamConfigRange>,
) -> Option<cpal::SupportedStreamConfig> {
    offered
        .filter_map(|range| range.try_with_sample_rate(RATE_HZ))
        .filter(|config| {
            matches!(
                config.sample_format(),
                SampleFormat::F32 | SampleFormat::I16
            )
        })
        .min_by_key(|config| {
            (
                config.sample_format() != SampleFormat::F32,
                config.channels(),
            )
        })
}

fn record<T: SizedSample>(
    device: &cpal::Device,
    config: cpal::StreamConfig,
    audio: LiveAudio,
) -> Result<Stream, cpal::Error>
where
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels.max(1));
    let mut mono = Vec::new();
    let heard = move |samples: &[T], _: &cpal::InputCallbackInfo| {
        mono.clear();
        mono.extend(samples.chunks_exact(channels).map(|frame| {
            let sum: f32 = frame.iter().map(|sample| f32::from_sample_(*sample)).sum();
            sum / channels as f32
        }));
        audio.write(&mono);
    };
    device.build_input_stream(config, heard, |error| lost(MICROPHONE, &error), None)
}

fn play<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: cpal::StreamConfig,
    audio: LiveAudio,
) -> Result<Stream, cpal::Error> {
    let channels = usize::from(config.channels.max(1));
    let mut mono = Vec::new();
    let wanted = move |samples: &mut [T], _: &cpal::OutputCallbackInfo| {
        mono.resize(samples.len() / channels, 0.0);
        audio.read(&mut mono);
        for (frame, sample) in samples.chunks_exact_mut(channels).zip(&mono) {
            frame.fill(T::from_sample_(*sample));
        }
    };
    device.build_output_stream(config, wanted, |error| lost(SPEAKER, &error), None)
}

fn lost(device: &'static str, error: &cpal::Error) {
    tracing::warn!(device, %error, "sound device");
}
