//! HTTP API, relay, directory, calls, rooms, store, TURN.
