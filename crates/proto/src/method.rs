//! Names of methods and events (wire-protocol.md 3.3, 5.4, 5.5, 6.1, 7.2).

/// First RPC of every socket.
pub const CONNECT: &str = "signalwire.connect";
/// Puts a new token in force on a live session.
pub const REAUTHENTICATE: &str = "signalwire.reauthenticate";
/// Liveness, server to client.
pub const PING: &str = "signalwire.ping";
/// The server asks the client to go elsewhere.
pub const DISCONNECT: &str = "signalwire.disconnect";
/// Envelope of every event, server to client, acked.
pub const EVENT: &str = "signalwire.event";
/// Registers the session for inbound calls.
pub const SUBSCRIBER_ONLINE: &str = "subscriber.online";
/// Ends that registration.
pub const SUBSCRIBER_OFFLINE: &str = "subscriber.offline";
/// Of ours: the page of the client may be about to go. Where its socket is then closed as going away, it has.
pub const SUBSCRIBER_LEAVING: &str = "subscriber.leaving";
/// Envelope of the dialog layer.
pub const VERTO: &str = "webrtc.verto";

/// Inner methods of [`VERTO`] and of the `webrtc.message` event.
pub mod verto {
    /// Starts a dialog.
    pub const INVITE: &str = "verto.invite";
    /// Answers one.
    pub const ANSWER: &str = "verto.answer";
    /// Early media.
    pub const MEDIA: &str = "verto.media";
    /// Pushed capture constraints.
    pub const MEDIA_PARAMS: &str = "verto.mediaParams";
    /// Re-offer, hold, transfer.
    pub const MODIFY: &str = "verto.modify";
    /// DTMF.
    pub const INFO: &str = "verto.info";
    /// Ends a dialog.
    pub const BYE: &str = "verto.bye";
    /// Asks whether the dialog is alive.
    pub const PING: &str = "verto.ping";
    /// Answers that.
    pub const PONG: &str = "verto.pong";
    /// Adds an event type for a call.
    pub const SUBSCRIBE: &str = "verto.subscribe";
    /// Server-initiated re-attachment.
    pub const ATTACH: &str = "verto.attach";
}

/// Types of the [`EVENT`] envelope.
pub mod event {
    /// New resume state.
    pub const AUTHORIZATION_STATE: &str = "signalwire.authorization.state";
    /// The session's token is about to expire. Ours; other clients acknowledge and ignore it.
    pub const SESSION_EXPIRING: &str = "offhook.session.expiring";
    /// A message of the dialog layer.
    pub const WEBRTC_MESSAGE: &str = "webrtc.message";
    /// The own leg is in the room.
    pub const CALL_JOINED: &str = "call.joined";
    /// Room flags changed.
    pub const CALL_UPDATED: &str = "call.updated";
    /// The own leg has left.
    pub const CALL_LEFT: &str = "call.left";
    /// Progress of a call.
    pub const CALL_STATE: &str = "call.state";
    /// Two legs are being or have been connected.
    pub const CALL_CONNECT: &str = "call.connect";
    /// Somebody joined.
    pub const MEMBER_JOINED: &str = "member.joined";
    /// Somebody's state changed.
    pub const MEMBER_UPDATED: &str = "member.updated";
    /// Somebody began or ceased to talk.
    pub const MEMBER_TALKING: &str = "member.talking";
    /// Somebody left.
    pub const MEMBER_LEFT: &str = "member.left";
    /// The layout, or who is where in it, changed.
    pub const LAYOUT_CHANGED: &str = "layout.changed";
    /// The application's own, sent by a backend.
    pub const USER_EVENT: &str = "user_event";
    /// Somebody or something can be dialled that could not be before, or is called or locked otherwise. Ours.
    pub const ADDRESS_CHANGED: &str = "offhook.address.changed";
    /// An address is gone. Ours.
    pub const ADDRESS_REMOVED: &str = "offhook.address.removed";
    /// Something was said in a conversation, or a call in it has ended.
    pub const CONVERSATION_MESSAGE: &str = "conversation.message";
}
