//! Peer connections: each leg is a task that owns an endpoint of `offhook-media` and does, in order, what the engine
//! tells it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use offhook_core::input::{Failure, Input, LegId, PeerReport, PeerState};
use offhook_core::output::PeerCommand;
use offhook_media::endpoint::{
    AudioSource, Endpoint, EndpointConfig, EndpointEvent, EndpointStats, LiveAudio, Measurement,
};
use offhook_media::{CloseReason, MediaError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// How long a leg may take to complete its recording.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// What is played into a call, and where what is heard goes.
#[derive(Clone, Debug, Default)]
pub struct AudioOptions {
    /// What is sent. Default: silence.
    pub source: AudioSource,
    /// WAV file (48 kHz, mono, 16 bit) for what is heard. Default: none.
    pub record: Option<PathBuf>,
    /// Where what is heard is written as it comes. Default: nowhere.
    pub listen: Option<LiveAudio>,
    /// The call's part in a measurement of the server. Default: none.
    pub measurement: Measurement,
}

pub(crate) struct Peers {
    legs: HashMap<LegId, Leg>,
    audio: HashMap<LegId, AudioOptions>,
    inputs: mpsc::Sender<Input>,
}

struct Leg {
    commands: mpsc::UnboundedSender<LegCommand>,
    /// Figures, once the endpoint is gone.
    last: watch::Receiver<Option<EndpointStats>>,
    task: JoinHandle<()>,
}

enum LegCommand {
    Peer(PeerCommand),
    Play(AudioSource, oneshot::Sender<Result<(), MediaError>>),
    Stats(oneshot::Sender<Option<EndpointStats>>),
}

impl Peers {
    pub(crate) fn new(inputs: mpsc::Sender<Input>) -> Self {
        Self {
            legs: HashMap::new(),
            audio: HashMap::new(),
            inputs,
        }
    }

    /// The audio of a leg that is about to be made.
    pub(crate) fn set_audio(&mut self, leg: LegId, audio: AudioOptions) {
        self.audio.insert(leg, audio);
    }

    pub(crate) fn perform(&mut self, leg: LegId, command: PeerCommand) {
        if let PeerCommand::Create { .. } = command {
            // Its ICE servers are not needed: the server is reached directly, and sees where packets come from.
            let audio = self.audio.remove(&leg).unwrap_or_default();
            let made = Leg::start(leg.clone(), audio, self.inputs.clone());
            self.legs.insert(leg, made);
        } else if let Some(known) = self.legs.get(&leg) {
            // A leg that has closed wants nothing any more.
            let _ = known.commands.send(LegCommand::Peer(command));
        }
    }

    /// Plays something else into a leg. No answer at all when there is none.
    pub(crate) fn play(
        &self,
        leg: &str,
        source: AudioSource,
        reply: oneshot::Sender<Result<(), MediaError>>,
    ) {
        if let Some(leg) = self.legs.get(leg) {
            let _ = leg.commands.send(LegCommand::Play(source, reply));
        }
    }

    /// Answers with the figures of a leg, the last ones if it is over.
    pub(crate) fn stats(&self, leg: &str, reply: oneshot::Sender<Option<EndpointStats>>) {
        let Some(leg) = self.legs.get(leg) else {
            let _ = reply.send(None);
            return;
        };
        if let Err(mpsc::error::SendError(LegCommand::Stats(reply))) =
            leg.commands.send(LegCommand::Stats(reply))
        {
            let _ = reply.send(leg.last.borrow().clone());
        }
    }

    pub(crate) fn forget(&mut self, leg: &str) {
        self.legs.remove(leg);
        self.audio.remove(leg);
    }

    /// Ends every leg, and waits until what they record is complete.
    pub(crate) async fn finish(self) {
        let closing: Vec<_> = self.legs.into_values().map(|leg| leg.task).collect();
        for task in closing {
            if tokio::time::timeout(CLOSE_LIMIT, task).await.is_err() {
                tracing::warn!("a recording was not completed in time");
            }
        }
    }
}

impl Leg {
    fn start(id: LegId, audio: AudioOptions, inputs: mpsc::Sender<Input>) -> Self {
        let (commands, inbox) = mpsc::unbounded_channel();
        let (last, figures) = watch::channel(None);
        let task = LegTask {
            id,
            inputs,
            last,
            endpoint: None,
            audio,
        };
        Self {
            commands,
            last: figures,
            task: tokio::spawn(task.run(inbox)),
        }
    }
}

struct LegTask {
    id: LegId,
    inputs: mpsc::Sender<Input>,
    last: watch::Sender<Option<EndpointStats>>,
    endpoint: Option<Endpoint>,
    audio: AudioOptions,
}

impl LegTask {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<LegCommand>) {
        let (events, mut happened) = mpsc::unbounded_channel();
        loop {
            tokio::select! {
                command = inbox.recv() => match command {
                    None | Some(LegCommand::Peer(PeerCommand::Close)) => break,
                    Some(LegCommand::Peer(command)) => self.perform(command, &events).await,
                    Some(LegCommand::Play(source, reply)) => {
                        if let Some(endpoint) = &self.endpoint {
                            let _ = reply.send(endpoint.set_source(source).await);
                        }
                    }
                    Some(LegCommand::Stats(reply)) => {
                        let _ = reply.send(self.figures().await);
                    }
                },
                Some(event) = happened.recv() => self.happened(event).await,
            }
        }
        let figures = self.figures().await;
        self.last.send_replace(figures);
        // Those who asked meanwhile get the last figures too.
        inbox.close();
        while let Some(command) = inbox.recv().await {
            if let LegCommand::Stats(reply) = command {
                let _ = reply.send(self.last.borrow().clone());
            }
        }
        if let Some(endpoint) = self.endpoint.take()
            && let Err(error) = endpoint.close().await
        {
            tracing::warn!(call = %self.id, %error, "the recording could not be finished");
        }
    }

    async fn figures(&self) -> Option<EndpointStats> {
        match &self.endpoint {
            Some(endpoint) => endpoint.stats().await,
            None => None,
        }
    }

    async fn perform(
        &mut self,
        command: PeerCommand,
        events: &mpsc::UnboundedSender<EndpointEvent>,
    ) {
        let outcome = match command {
            PeerCommand::Offer {
                media, ice_restart, ..
            } => {
                let opened = self.open(media.send_audio, media.receive_audio, events);
                let offered = match opened {
                    // A server that was started anew has lost its side of the connection.
                    Ok(endpoint) if ice_restart => endpoint.create_offer_anew().await,
                    Ok(endpoint) => endpoint.create_offer(false).await,
                    Err(error) => Err(error),
                };
                self.described(offered).await
            }
            PeerCommand::Answer { offer, media, .. } => {
                let opened = self.open(media.send_audio, media.receive_audio, events);
                let answered = match opened {
                    Ok(endpoint) => endpoint.accept_offer(&offer).await,
                    Err(error) => Err(error),
                };
                self.described(answered).await
            }
            PeerCommand::ApplyAnswer { sdp } => match &self.endpoint {
                Some(endpoint) => endpoint.apply_answer(&sdp).await,
                None => return,
            },
            PeerCommand::SetSending { video: false, on } => {
                if let Some(endpoint) = &self.endpoint {
                    endpoint.set_muted(!on);
                }
                return;
            }
            // Nothing of these is captured here; a leg is made by its first offer or answer.
            _ => return,
        };
        match outcome {
            Ok(()) => self.report(PeerReport::RemoteApplied).await,
            Err(error) => {
                let failure = Failure {
                    name: "OperationError".into(),
                    message: error.to_string(),
                };
                let operation = "negotiate".into();
                self.report(PeerReport::Failed { failure, operation }).await;
            }
        }
    }

    /// The endpoint, made when it is first needed.
    fn open(
        &mut self,
        send: bool,
        receive: bool,
        events: &mpsc::UnboundedSender<EndpointEvent>,
    ) -> Result<&Endpoint, MediaError> {
        if self.endpoint.is_none() {
            let config = EndpointConfig {
                send,
                receive,
                source: self.audio.source.clone(),
                record: self.audio.record.clone(),
                listen: self.audio.listen.clone(),
                measurement: self.audio.measurement.clone(),
                ..EndpointConfig::default()
            };
            self.endpoint = Some(Endpoint::open(config, events.clone())?);
        }
        self.endpoint.as_ref().ok_or(MediaError::Shutdown)
    }

    async fn described(&self, made: Result<String, MediaError>) -> Result<(), MediaError> {
        let report = PeerReport::LocalDescription {
            sdp: made?,
            sending_audio: true,
            sending_video: false,
        };
        self.report(report).await;
        Ok(())
    }

    async fn happened(&mut self, event: EndpointEvent) {
        let state = match event {
            EndpointEvent::Connected => PeerState::Connected,
            EndpointEvent::Disconnected => PeerState::Disconnected,
            // Mostly the end of the call, of which the server is about to tell.
            EndpointEvent::Closed(CloseReason::PeerClosed) => PeerState::Disconnected,
            EndpointEvent::Closed(_) => PeerState::Failed,
            _ => return,
        };
        self.report(PeerReport::State { state }).await;
    }

    async fn report(&self, report: PeerReport) {
        let leg = self.id.clone();
        // The client may be gone.
        let _ = self.inputs.send(Input::Peer { leg, report }).await;
    }
}
