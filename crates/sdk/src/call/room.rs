//! Who is in a call and how it looks, and what changes that (sdk-api reference, 8.2).

use miniserde::json::Value;
use offhook_core::json;
use tokio::sync::watch;

use super::Call;
use crate::error::Error;
use crate::layout::{LayoutLayer, VideoPosition};
use crate::participant::{Participant, SelfParticipant};

impl Call {
    /// Everybody in the call, oneself included. Changes when somebody joins or leaves; what is known of each is watched by
    /// [`Participant::state`].
    pub fn participants(&self) -> watch::Receiver<Vec<Participant>> {
        self.state.participants.subscribe()
    }

    /// Somebody in the call, by member id.
    pub fn participant(&self, id: &str) -> Option<Participant> {
        let participants = self.state.participants.borrow();
        participants.iter().find(|known| known.id() == id).cloned()
    }

    /// The own member, while in the call.
    pub fn self_participant(&self) -> watch::Receiver<Option<SelfParticipant>> {
        self.state.own.subscribe()
    }

    /// The own member id, once in the call.
    pub fn self_id(&self) -> watch::Receiver<Option<String>> {
        self.state.self_id.subscribe()
    }

    /// Whether the call is recorded.
    pub fn recording(&self) -> watch::Receiver<bool> {
        self.state.recording.subscribe()
    }

    /// Whether the call is streamed.
    pub fn streaming(&self) -> watch::Receiver<bool> {
        self.state.streaming.subscribe()
    }

    /// Whether nobody else may join.
    pub fn locked(&self) -> watch::Receiver<bool> {
        self.state.locked.subscribe()
    }

    /// Whether raised hands come first in the picture.
    pub fn raise_hand_priority(&self) -> watch::Receiver<bool> {
        self.state.raise_hand_priority.subscribe()
    }

    /// What is noted of the call: an object.
    pub fn meta(&self) -> watch::Receiver<Value> {
        self.state.meta.subscribe()
    }

    /// What one may do, as the server's strings; [`SelfParticipant::capabilities`] has them evaluated.
    pub fn capabilities(&self) -> watch::Receiver<Vec<String>> {
        self.state.capabilities.subscribe()
    }

    /// Names of the layouts that can be chosen; none for those who may not choose.
    pub fn layouts(&self) -> watch::Receiver<Vec<String>> {
        self.state.layouts.subscribe()
    }

    /// Name of the layout.
    pub fn layout(&self) -> watch::Receiver<Option<String>> {
        self.state.layout.subscribe()
    }

    /// Its parts.
    pub fn layout_layers(&self) -> watch::Receiver<Vec<LayoutLayer>> {
        self.state.layout_layers.subscribe()
    }

    /// Lets nobody else join.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn lock(&self) -> Result<(), Error> {
        self.method("call.lock", json::empty()).await.map(drop)
    }

    /// Lets others join again.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn unlock(&self) -> Result<(), Error> {
        self.method("call.unlock", json::empty()).await.map(drop)
    }

    /// Locks or unlocks, whichever is not the case.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn toggle_lock(&self) -> Result<(), Error> {
        let locked = *self.state.locked.borrow();
        if locked {
            self.unlock().await
        } else {
            self.lock().await
        }
    }

    /// Chooses one of [`layouts`](Self::layouts), and where members are in it, by member id.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no such layout; else when the server refuses.
    pub async fn set_layout(
        &self,
        layout: &str,
        positions: &[(&str, VideoPosition)],
    ) -> Result<(), Error> {
        if !self.state.layouts.borrow().iter().any(|one| one == layout) {
            return Err(Error::Invalid(format!(
                "there is no layout {layout} in this room"
            )));
        }
        let args = json::object([("layout", json::text(layout))]);
        self.method("call.layout.set", args).await?;
        for (member, position) in positions {
            if let Some(participant) = self.participant(member) {
                participant.set_position(*position).await?;
            }
        }
        Ok(())
    }

    /// Starts a recording on the server; [`recording`](Self::recording) tells when it runs.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn start_recording(&self) -> Result<(), Error> {
        let started = self.method("call.record.start", json::empty());
        started.await.map(drop)
    }

    /// Starts a stream on the server; [`streaming`](Self::streaming) tells when it runs.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn start_streaming(&self) -> Result<(), Error> {
        let started = self.method("call.stream.start", json::empty());
        started.await.map(drop)
    }

    /// Replaces what is noted of the call by another object.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn set_meta(&self, meta: Value) -> Result<(), Error> {
        let args = json::object([("meta", meta)]);
        self.method("call.set_meta", args).await.map(drop)
    }

    /// Merges into what is noted of the call.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn update_meta(&self, meta: Value) -> Result<(), Error> {
        let args = json::object([("meta", meta)]);
        self.method("call.update_meta", args).await.map(drop)
    }
}
