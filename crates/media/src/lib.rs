//! WebRTC peers on str0m, audio codecs, mixer, jitter buffer, player and recorder.
