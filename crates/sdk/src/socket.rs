//! The relay's WebSocket: one task each, told what to send, telling what arrives.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use offhook_core::input::{Input, SocketId};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, connect_async_tls_with_config};

/// Longest message accepted: an SDP or a member list of a large room.
const MESSAGE_BYTES: usize = 1024 * 1024;
/// Frames that may wait for a slow network before the socket is given up.
const SEND_QUEUE: usize = 256;

/// How long the last frames may take to get out when a socket is closed.
const FAREWELL: Duration = Duration::from_secs(2);

/// The sending end of a socket that is open or being opened. Dropping it closes the socket, some time soon;
/// [`finish`](Self::finish) does so in the time that the caller can wait for.
pub(crate) struct Socket {
    frames: mpsc::Sender<String>,
    task: JoinHandle<()>,
}

impl Socket {
    pub(crate) fn open(
        id: SocketId,
        url: String,
        tls: Arc<rustls::ClientConfig>,
        inputs: mpsc::Sender<Input>,
    ) -> Self {
        let (frames, outgoing) = mpsc::channel(SEND_QUEUE);
        let task = tokio::spawn(run(id, url, tls, inputs, outgoing));
        Self { frames, task }
    }

    /// Queues a frame. A queue that is full means a peer that takes nothing any more: the socket is ended, which the
    /// engine treats as any other loss.
    pub(crate) fn send(&self, text: String) {
        if self.frames.try_send(text).is_err() {
            tracing::warn!("the relay takes no more frames; dropping the socket");
            self.task.abort();
        }
    }

    /// Lets the frames that were queued get out, and closes.
    pub(crate) async fn finish(self) {
        let Self { frames, mut task } = self;
        drop(frames);
        if tokio::time::timeout(FAREWELL, &mut task).await.is_err() {
            task.abort();
        }
    }
}

async fn run(
    id: SocketId,
    url: String,
    tls: Arc<rustls::ClientConfig>,
    inputs: mpsc::Sender<Input>,
    outgoing: mpsc::Receiver<String>,
) {
    // Told also when the task is aborted.
    let mut closing = Closing {
        id,
        inputs: inputs.clone(),
        reason: "dropped".into(),
    };
    closing.reason = match converse(id, url, tls, &inputs, outgoing).await {
        Ok(()) => "closed".into(),
        Err(error) => error.to_string(),
    };
}

async fn converse(
    id: SocketId,
    url: String,
    tls: Arc<rustls::ClientConfig>,
    inputs: &mpsc::Sender<Input>,
    mut outgoing: mpsc::Receiver<String>,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES));
    let connector = Some(Connector::Rustls(tls));
    let (mut socket, _) = connect_async_tls_with_config(url, Some(config), true, connector).await?;
    if inputs
        .send(Input::SocketOpened { socket: id })
        .await
        .is_err()
    {
        return Ok(());
    }
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let text = text.as_str().to_owned();
                    if inputs.send(Input::Frame { socket: id, text }).await.is_err() {
                        return Ok(());
                    }
                }
                Some(Ok(Message::Close(_))) | None => return Ok(()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
            },
            frame = outgoing.recv() => match frame {
                Some(text) => socket.send(Message::text(text)).await?,
                None => return socket.close(None).await,
            },
        }
    }
}

struct Closing {
    id: SocketId,
    inputs: mpsc::Sender<Input>,
    reason: String,
}

impl Drop for Closing {
    fn drop(&mut self) {
        let input = Input::SocketClosed {
            socket: self.id,
            reason: std::mem::take(&mut self.reason),
        };
        if let Err(mpsc::error::TrySendError::Full(input)) = self.inputs.try_send(input) {
            let inputs = self.inputs.clone();
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move { inputs.send(input).await });
            }
        }
    }
}
