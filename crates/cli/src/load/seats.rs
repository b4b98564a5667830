//! Who is to sit where: rooms made, and for each of their members a way in.

use std::sync::Arc;

use offhook_proto::rest::ConferenceRoomSettings;
use offhook_server::clock::now_s;
use offhook_server::mint::{Mint, TokenWish};
use offhook_server::store::SubscriberChange;

use super::janus::{Handle, Janus};
use super::{Failed, LoadArgs};
use crate::project::open_existing;

/// How long tokens last: longer than any measurement.
const TOKEN_S: u64 = 3 * 3_600;
/// The first room's number on a Janus server, far from those that its configuration names.
const FIRST_ROOM: u64 = 77_000_000;

/// How much of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) rooms: u32,
    /// Of each room.
    pub(super) members: u32,
    /// Beside those in rooms.
    pub(super) sessions: u32,
}

/// A place in a room.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) to: String,
    pub(super) room: u32,
    pub(super) member: u32,
    /// Whether anything is heard of the member.
    pub(super) speaks: bool,
}

/// A client to be.
pub(super) enum Seat {
    /// With a token; without a place it only stays connected.
    Ours { token: String, place: Option<Place> },
    Janus {
        janus: Arc<Janus>,
        room: u64,
        place: Place,
    },
}

/// Where seats come from.
pub(super) struct Seats {
    origin: Origin,
    speaking: u32,
    /// What there is so far.
    size: Size,
    tokens: u32,
}

enum Origin {
    Ours { mint: Box<Mint>, project: String },
    Janus { janus: Arc<Janus>, owner: Handle },
}

impl Seats {
    pub(super) async fn open(args: &LoadArgs) -> Result<Self, Failed> {
        let origin = match &args.janus {
            Some(url) => {
                let janus = Arc::new(Janus::connect(url).await?);
                let owner = janus.attach().await?;
                Origin::Janus { janus, owner }
            }
            None => {
                let mint = Box::new(open_existing(&args.data).await?);
                let (project, _) = mint.store.create_project("Load", now_s()).await?;
                let project = project.id;
                Origin::Ours { mint, project }
            }
        };
        Ok(Self {
            origin,
            speaking: args.speaking.unwrap_or(u32::MAX),
            size: Size {
                rooms: 0,
                members: 0,
                sessions: 0,
            },
            tokens: 0,
        })
    }

    /// Seats for what is missing to this size. What there is stays.
    pub(super) async fn grow(&mut self, to: Size) -> Result<Vec<Seat>, Failed> {
        let mut seats = Vec::new();
        for room in 0..to.rooms {
            let has = if room < self.size.rooms {
                self.size.members
            } else {
                self.make_room(room).await?;
                0
            };
            for member in has..to.members {
                let place = Place {
                    to: format!("/public/{}", name(room)),
                    room,
                    member,
                    speaks: member < self.speaking,
                };
                seats.push(self.seat(Some(place)).await?);
            }
        }
        for _ in self.size.sessions..to.sessions {
            seats.push(self.seat(None).await?);
        }
        self.size = to;
        Ok(seats)
    }

    async fn make_room(&self, room: u32) -> Result<(), Failed> {
        match &self.origin {
            Origin::Ours { mint, project } => {
                let settings = ConferenceRoomSettings::default();
                let (name, now) = (name(room), now_s());
                let made = mint
                    .store
                    .create_conference_room(project, &name, &name, &settings, now);
                made.await?;
            }
            Origin::Janus { owner, .. } => owner.create_room(FIRST_ROOM + u64::from(room)).await?,
        }
        Ok(())
    }

    async fn seat(&mut self, place: Option<Place>) -> Result<Seat, Failed> {
        match (&self.origin, place) {
            (Origin::Janus { janus, .. }, Some(place)) => Ok(Seat::Janus {
                janus: Arc::clone(janus),
                room: FIRST_ROOM + u64::from(place.room),
                place,
            }),
            (Origin::Janus { .. }, None) => Err("Janus has no sessions of this kind".into()),
            (Origin::Ours { mint, project }, place) => {
                let now = now_s();
                let wish = TokenWish {
                    expires_at: Some(now + TOKEN_S),
                    ..TokenWish::default()
                };
                let reference = format!("load-{}", self.tokens);
                self.tokens += 1;
                let change = SubscriberChange::default();
                let made = mint.subscriber(project, &reference, &change, wish, now);
                let token = made.await?.1.token;
                Ok(Seat::Ours { token, place })
            }
        }
    }

    /// Gives up what was opened for the seats.
    pub(super) async fn close(self) {
        if let Origin::Janus { janus, .. } = self.origin {
            janus.destroy().await;
        }
    }
}

fn name(room: u32) -> String {
    format!("load-{room}")
}
