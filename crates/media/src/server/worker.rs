//! A worker thread: its sockets, its rooms, its legs.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use mio::{Events, Poll, Token};
use tokio::sync::mpsc::UnboundedSender;

use super::MediaConfig;
use super::command::{Command, WorkerHandle};
use crate::error::MediaError;
use crate::keys::{MediaEvent, RoomKey, RoomKind};
use crate::waker::Waker;

const WAKE: Token = Token(0);
const SOCKET: Token = Token(1);

pub(super) fn spawn(
    index: usize,
    config: &MediaConfig,
    _events: UnboundedSender<MediaEvent>,
) -> Result<WorkerHandle, MediaError> {
    let mut address = config.listen;
    if address.port() != 0 {
        address.set_port(address.port() + index as u16);
    }
    let socket = |source| MediaError::Socket { address, source };
    let poll = Poll::new()?;
    let mut udp = mio::net::UdpSocket::bind(address).map_err(socket)?;
    poll.registry()
        .register(&mut udp, SOCKET, mio::Interest::READABLE)?;
    let local: SocketAddr = udp.local_addr().map_err(socket)?;
    let waker = Waker::new(poll.registry(), WAKE)?;
    let (commands, inbox) = channel();
    std::thread::Builder::new()
        .name(format!("media-{index}"))
        .spawn(move || run(poll, inbox))?;
    Ok(WorkerHandle::new(
        vec![local],
        Arc::new(AtomicUsize::new(0)),
        commands,
        waker,
    ))
}

fn run(mut poll: Poll, inbox: Receiver<Command>) {
    let mut rooms: HashMap<RoomKey, RoomKind> = HashMap::new();
    let mut events = Events::with_capacity(16);
    loop {
        loop {
            match inbox.try_recv() {
                Ok(Command::CreateRoom { room, kind }) => {
                    rooms.insert(room, kind);
                }
                Ok(Command::CloseRoom { room }) => {
                    rooms.remove(&room);
                }
                Ok(Command::Shutdown { reply }) => {
                    let _ = reply.send(());
                    return;
                }
                Ok(Command::AcceptOffer { reply, .. } | Command::MakeOffer { reply, .. }) => {
                    let _ = reply.send(Err(MediaError::NoRoom));
                }
                Ok(_) => {}
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return,
            }
        }
        if let Err(error) = poll.poll(&mut events, None)
            && error.kind() != std::io::ErrorKind::Interrupted
        {
            tracing::error!(%error, "media worker cannot poll");
            return;
        }
    }
}
