//! Members of a call: what is known of them, and what can be done with them (sdk-api reference, section 9).

use std::ops::Deref;
use std::time::Duration;

use futures_util::Stream;
use miniserde::json::Value;
use offhook_core::input::{Command, LegId};
use offhook_core::json;
use tokio::sync::watch;

use crate::capabilities::SelfCapabilities;
use crate::client::WeakHandle;
use crate::error::Error;
use crate::layout::{LayoutLayer, VideoPosition};
use crate::{changes, value};

/// What is known of a member.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Member {
    /// Member id.
    pub id: String,
    /// Their leg.
    pub call_id: Option<String>,
    /// The server their leg is on.
    pub node_id: Option<String>,
    /// Shown name.
    pub name: Option<String>,
    /// `member`, or `screen` and `device` for what a member brought beside their own leg. The wire's `type`.
    pub kind: Option<String>,
    /// Whose screen or device it is.
    pub parent_id: Option<String>,
    /// Whether the hand is raised.
    pub handraised: bool,
    /// Whether they are in the picture.
    pub visible: bool,
    /// Whether they are muted, by themselves or by somebody else.
    pub audio_muted: bool,
    /// Whether their picture is.
    pub video_muted: bool,
    /// Whether they hear nobody.
    pub deaf: bool,
    /// How loud they are, −50 to 100; 0 leaves them as they are.
    pub input_volume: Option<f64>,
    /// How loud they hear, −50 to 100; 0 leaves it as it is.
    pub output_volume: Option<f64>,
    /// From which level on they are heard.
    pub input_sensitivity: Option<f64>,
    /// Whether their echo is cancelled.
    pub echo_cancellation: bool,
    /// Whether their gain is controlled.
    pub auto_gain: bool,
    /// Whether their noise is suppressed.
    pub noise_suppression: bool,
    /// Whether they receive at a lower bit rate.
    pub lowbitrate: bool,
    /// Whether the server removes their noise.
    pub denoise: bool,
    /// Has put the call on hold.
    pub held: bool,
    /// Whether they are talking right now.
    pub is_talking: bool,
    /// Whether they only watch and listen.
    pub is_audience: bool,
    /// What is noted of them: an object.
    pub meta: Value,
    /// The subscriber they are.
    pub user_id: Option<String>,
    /// The address they are at.
    pub address_id: Option<String>,
    /// Their part of the picture.
    pub position: Option<LayoutLayer>,
}

impl Member {
    pub(crate) fn parse(member: &Value) -> Option<Self> {
        let text = |key| value::owned(member, key);
        let flag = |key| value::flag(member, key).unwrap_or(false);
        Some(Self {
            id: text("member_id")?,
            call_id: text("call_id"),
            node_id: text("node_id"),
            name: text("name"),
            kind: text("type"),
            parent_id: text("parent_id"),
            handraised: flag("handraised"),
            visible: flag("visible"),
            audio_muted: flag("audio_muted"),
            video_muted: flag("video_muted"),
            deaf: flag("deaf"),
            input_volume: value::float(member, "input_volume"),
            output_volume: value::float(member, "output_volume"),
            input_sensitivity: value::float(member, "input_sensitivity"),
            echo_cancellation: flag("echo_cancellation"),
            auto_gain: flag("auto_gain"),
            noise_suppression: flag("noise_suppression"),
            lowbitrate: flag("lowbitrate"),
            denoise: flag("denoise"),
            held: flag("held"),
            is_talking: flag("talking"),
            is_audience: flag("isAudience"),
            meta: value::object_of(member, "meta"),
            user_id: text("subscriber_id"),
            address_id: text("address_id"),
            position: value::get(member, "position").map(LayoutLayer::parse),
        })
    }
}

/// How long a toggle waits for what it changed to be told. The answer of the server comes first, the event after it.
const EVENT_WAIT: Duration = Duration::from_secs(1);

/// Somebody in a call. Cheap to clone; does not keep the session alive.
///
/// The server decides what the own member may do to others ([`SelfCapabilities`]), and refuses the rest.
#[derive(Clone)]
pub struct Participant {
    id: String,
    call: LegId,
    own: bool,
    state: watch::Receiver<Member>,
    client: WeakHandle,
}

impl Participant {
    pub(crate) fn new(
        call: LegId,
        own: bool,
        state: watch::Receiver<Member>,
        client: WeakHandle,
    ) -> Self {
        let id = state.borrow().id.clone();
        Self {
            id,
            call,
            own,
            state,
            client,
        }
    }

    /// Member id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it is the own member.
    pub fn is_self(&self) -> bool {
        self.own
    }

    /// What is known of them, as a value that can be watched; it ends when they have left.
    pub fn state(&self) -> watch::Receiver<Member> {
        self.state.clone()
    }

    /// What is known of them now.
    pub fn now(&self) -> Member {
        self.state.borrow().clone()
    }

    /// One aspect of what is known of them: as it is now, and whenever it changes.
    ///
    /// ```no_run
    /// # async fn example(participant: offhook::Participant) {
    /// use futures_util::StreamExt as _;
    ///
    /// let mut muted = std::pin::pin!(participant.watch(|member| member.audio_muted));
    /// while let Some(muted) = muted.next().await {
    ///     println!("{muted}");
    /// }
    /// # }
    /// ```
    pub fn watch<T, F>(&self, aspect: F) -> impl Stream<Item = T> + Send + use<T, F>
    where
        T: PartialEq + Clone + Send,
        F: Fn(&Member) -> T + Send,
    {
        changes::of(self.state(), aspect)
    }

    /// Mutes their sound. The own is not even sent any more.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn mute(&self) -> Result<(), Error> {
        self.set_muted(false, true).await
    }

    /// Ends the muting of their sound.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn unmute(&self) -> Result<(), Error> {
        self.set_muted(false, false).await
    }

    /// Mutes their picture.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn mute_video(&self) -> Result<(), Error> {
        self.set_muted(true, true).await
    }

    /// Ends the muting of their picture.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn unmute_video(&self) -> Result<(), Error> {
        self.set_muted(true, false).await
    }

    async fn set_muted(&self, video: bool, muted: bool) -> Result<(), Error> {
        if self.own {
            let call = self.call.clone();
            return self.command(Command::SetMuted { call, video, muted }).await;
        }
        let channel = if video { "video" } else { "audio" };
        let args = json::object([("channels", json::texts(&[channel]))]);
        self.call(if muted { "call.mute" } else { "call.unmute" }, args)
            .await
    }

    /// Mutes their sound, or ends that. Returns when the change has been told, as every toggle does: of two in a row, the
    /// second undoes the first.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn toggle_mute(&self) -> Result<(), Error> {
        let on = !self.state.borrow().audio_muted;
        self.set_muted(false, on).await?;
        self.told(|member| member.audio_muted == on).await;
        Ok(())
    }

    /// Mutes their picture, or ends that.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn toggle_mute_video(&self) -> Result<(), Error> {
        let on = !self.state.borrow().video_muted;
        self.set_muted(true, on).await?;
        self.told(|member| member.video_muted == on).await;
        Ok(())
    }

    /// Makes them hear nobody, or hear again.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn toggle_deaf(&self) -> Result<(), Error> {
        let on = !self.state.borrow().deaf;
        let name = if on { "call.deaf" } else { "call.undeaf" };
        self.call(name, json::empty()).await?;
        self.told(|member| member.deaf == on).await;
        Ok(())
    }

    /// Raises or lowers their hand.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn toggle_handraise(&self) -> Result<(), Error> {
        let on = !self.state.borrow().handraised;
        let name = if on {
            "call.raisehand"
        } else {
            "call.lowerhand"
        };
        self.call(name, json::empty()).await?;
        self.told(|member| member.handraised == on).await;
        Ok(())
    }

    /// Switches the cancelling of their echo.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn toggle_echo_cancellation(&self) -> Result<(), Error> {
        let on = !self.state.borrow().echo_cancellation;
        self.set_audio_flag("echo_cancellation", on).await?;
        self.told(|member| member.echo_cancellation == on).await;
        Ok(())
    }

    /// Switches the control of their gain.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn toggle_audio_input_auto_gain(&self) -> Result<(), Error> {
        let on = !self.state.borrow().auto_gain;
        self.set_audio_flag("auto_gain", on).await?;
        self.told(|member| member.auto_gain == on).await;
        Ok(())
    }

    /// Switches the suppression of their noise.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn toggle_noise_suppression(&self) -> Result<(), Error> {
        let on = !self.state.borrow().noise_suppression;
        self.set_audio_flag("noise_suppression", on).await?;
        self.told(|member| member.noise_suppression == on).await;
        Ok(())
    }

    /// The server wants all three, always.
    async fn set_audio_flag(&self, name: &str, on: bool) -> Result<(), Error> {
        let mut args = {
            let now = self.state.borrow();
            json::object([
                ("echo_cancellation", Value::Bool(now.echo_cancellation)),
                ("auto_gain", Value::Bool(now.auto_gain)),
                ("noise_suppression", Value::Bool(now.noise_suppression)),
            ])
        };
        json::set(&mut args, name, Value::Bool(on));
        self.call("call.audioflags.set", args).await
    }

    /// Switches the lower bit rate of what they receive.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn toggle_lowbitrate(&self) -> Result<(), Error> {
        let on = !self.state.borrow().lowbitrate;
        let args = json::object([("lowbitrate", Value::Bool(on))]);
        self.call("call.lowbitrate.set", args).await?;
        self.told(|member| member.lowbitrate == on).await;
        Ok(())
    }

    /// From which level on they are heard, 0 to 100.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn set_audio_input_sensitivity(&self, sensitivity: f64) -> Result<(), Error> {
        let args = json::object([("sensitivity", value::number(sensitivity))]);
        self.call("call.microphone.sensitivity.set", args).await
    }

    /// How loud they are, −50 to 100; 0 leaves them as they are.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn set_audio_input_volume(&self, volume: f64) -> Result<(), Error> {
        let args = json::object([("volume", value::number(volume))]);
        self.call("call.microphone.volume.set", args).await
    }

    /// How loud they hear, −50 to 100; 0 leaves it as it is.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn set_audio_output_volume(&self, volume: f64) -> Result<(), Error> {
        let args = json::object([("volume", value::number(volume))]);
        self.call("call.speaker.volume.set", args).await
    }

    /// Where they are in the picture.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn set_position(&self, position: VideoPosition) -> Result<(), Error> {
        let args = json::object([("position", json::text(&position.to_string()))]);
        self.call("call.member.position.set", args).await
    }

    /// Sends them out of the call.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn remove(&self) -> Result<(), Error> {
        self.call("call.member.remove", json::empty()).await
    }

    /// Ends the call for them.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn end(&self) -> Result<(), Error> {
        self.call("call.end", json::empty()).await
    }

    /// Replaces what is noted of them by another object.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn set_meta(&self, meta: Value) -> Result<(), Error> {
        let args = json::object([("meta", meta)]);
        self.call("call.member.set_meta", args).await
    }

    /// Merges into what is noted of them.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn update_meta(&self, meta: Value) -> Result<(), Error> {
        let args = json::object([("meta", meta)]);
        self.call("call.member.update_meta", args).await
    }

    async fn call(&self, method: &str, args: Value) -> Result<(), Error> {
        let command = Command::CallMethod {
            call: self.call.clone(),
            method: method.into(),
            member: Some(self.id.clone()),
            args,
        };
        self.command(command).await
    }

    async fn command(&self, command: Command) -> Result<(), Error> {
        let client = self.client.upgrade().ok_or(Error::Closed)?;
        client.command(command).await.map(drop)
    }

    async fn told(&self, wanted: impl FnMut(&Member) -> bool) {
        let mut state = self.state.clone();
        // That it was not told in time, or that they left, is no failure of what was done.
        let _ = tokio::time::timeout(EVENT_WAIT, state.wait_for(wanted)).await;
    }
}

/// The own member: a [`Participant`], and what one may do.
#[derive(Clone)]
pub struct SelfParticipant {
    participant: Participant,
    capabilities: watch::Receiver<SelfCapabilities>,
}

impl SelfParticipant {
    pub(crate) fn new(
        participant: Participant,
        capabilities: watch::Receiver<SelfCapabilities>,
    ) -> Self {
        Self {
            participant,
            capabilities,
        }
    }

    /// What one may do, as a value that can be watched.
    pub fn capabilities(&self) -> watch::Receiver<SelfCapabilities> {
        self.capabilities.clone()
    }

    /// As a member like any other.
    pub fn as_participant(&self) -> &Participant {
        &self.participant
    }
}

impl Deref for SelfParticipant {
    type Target = Participant;

    fn deref(&self) -> &Participant {
        &self.participant
    }
}
