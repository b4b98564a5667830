//! TURN: relays media for clients that cannot reach the media ports directly, to our own addresses only.
