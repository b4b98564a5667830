//! What can go wrong in media, and whose fault it is.

/// Why a media operation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The peer's SDP cannot be used: too long, not SDP, without what a call needs. The peer's fault;
    /// the same SDP will be refused again.
    #[error("the session description was refused: {0}")]
    Sdp(String),
    /// The description does not fit the negotiation's state, for example an answer without an offer.
    #[error("the session description does not fit the state of the negotiation: {0}")]
    Negotiation(String),
    /// No such room, or it has been closed.
    #[error("the room does not exist or is closed")]
    NoRoom,
    /// No such leg, or it has been closed.
    #[error("the leg does not exist or is closed")]
    NoLeg,
    /// The room has as many legs as it may have.
    #[error("the room is full")]
    RoomFull,
    /// The engine failed inside; the leg is closed.
    #[error("the media engine failed: {0}")]
    Engine(String),
    /// The media server is shutting down.
    #[error("the media server is shut down")]
    Shutdown,
    /// A socket could not be opened or set up.
    #[error("media socket on {address}: {source}")]
    Socket {
        /// The address that was asked for.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A thread could not be started, or interface addresses could not be read.
    #[error("media system resource: {0}")]
    System(#[from] std::io::Error),
    /// An audio file cannot be read or written.
    #[error("audio file {path}: {reason}")]
    AudioFile {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A configuration value cannot work.
    #[error("media configuration: {0}")]
    Config(String),
}

impl MediaError {
    /// A stable, machine-readable name of the error, for logs and API bodies.
    pub fn code(&self) -> &'static str {
        match self {
            MediaError::Sdp(_) => "media_sdp_refused",
            MediaError::Negotiation(_) => "media_negotiation_state",
            MediaError::NoRoom => "media_no_room",
            MediaError::NoLeg => "media_no_leg",
            MediaError::RoomFull => "media_room_full",
            MediaError::Engine(_) => "media_engine",
            MediaError::Shutdown => "media_shutdown",
            MediaError::Socket { .. } => "media_socket",
            MediaError::System(_) => "media_system",
            MediaError::AudioFile { .. } => "media_audio_file",
            MediaError::Config(_) => "media_config",
        }
    }
}
