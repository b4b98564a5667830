//! The HTTP side: the REST interface of wire-protocol.md 2.4 and 8, our extensions under `/api/offhook`, health, metrics,
//! and the web pages. One router serves every listener, whatever name it was reached by.
//!
//! A request passes, from outside in: cross-origin headers, time and count, the time limit, the body limit, and the
//! handler, whose arguments say who may call it ([`auth::Backend`], [`auth::Holder`]).
mod attributes;
mod auth;
mod call_records;
mod calling;
mod click_to_calls;
mod conversations;
mod cors;
mod devices;
mod directory;
mod embeds;
mod error;
mod fields;
mod frame;
mod invites;
mod kept;
mod observe;
mod openapi;
mod operate;
mod origin;
mod paging;
mod rate;
mod resources;
mod rooms;
mod root;
mod routes;
mod sessions;
mod sign_in;
mod subscribers;
mod swml_scripts;
mod tokens;
mod webhooks;

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, post};
use offhook_auth::SatKind;
use offhook_proto::limits;
use offhook_proto::rest::ResourceType;

pub(crate) use devices::DeviceAnswers;
pub(crate) use observe::Requests;
pub(crate) use origin::Peer;
pub(crate) use rate::{RateLimiter, network_of};

use crate::assets::Assets;
use crate::budget::Budgets;
use crate::config::Config;
use crate::messages::Attempts;
use crate::metrics::{Counter, Metrics};
use crate::mint::{Mint, Minted};
use crate::proofs::Proofs;
use crate::relay::Relay;
use crate::serve::DemoPage;
use crate::webhooks::Webhooks;
use devices::Endpoint;
use error::ApiError;
use kept::{ATTACHED, KEPT};
use routes::Routes;

/// What the handlers stand on.
pub(crate) struct App {
    pub(crate) mint: Mint,
    pub(crate) config: Arc<Config>,
    /// Our own origin, for links when a request names none.
    pub(crate) public_url: String,
    pub(crate) relay: Relay,
    pub(crate) assets: Assets,
    /// With `--demo`: what the demo's pages need to know.
    pub(crate) demo: Option<DemoPage>,
    pub(crate) metrics: Metrics,
    pub(crate) counters: Counters,
    pub(crate) requests: Requests,
    /// Exchanges of embed tokens, by network.
    pub(crate) exchanges: Limited,
    /// Frames of call buttons, by network.
    pub(crate) frames: Limited,
    /// Sign-ins, by network and by account.
    pub(crate) sign_ins: Limited,
    /// Bindings and renewals of client-bound tokens, by network and by token.
    pub(crate) devices: Limited,
    pub(crate) device_answers: DeviceAnswers,
    /// Messages and joins, by person.
    pub(crate) messages: Limited,
    pub(crate) attempts: Arc<Attempts>,
    pub(crate) proofs: Arc<Proofs>,
    /// What visitors of pages have used.
    pub(crate) budgets: Arc<Budgets>,
    pub(crate) webhooks: Webhooks,
    /// Set while the server is going down.
    pub(crate) draining: AtomicBool,
}

impl App {
    /// Counts a token that has been made.
    fn count(&self, minted: &Minted) {
        self.counters.tokens(minted.claims.kind).increment();
    }
}

/// What is counted here.
pub(crate) struct Counters {
    tokens: [(SatKind, Counter); 4],
    unproven_bound_tokens: Counter,
}

impl Counters {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let issued = |kind: SatKind| {
            let labels = [("kind", kind.as_str())];
            (
                kind,
                metrics.counter(
                    "offhook_tokens_issued_total",
                    "Access tokens made.",
                    &labels,
                ),
            )
        };
        Self {
            tokens: [SatKind::Subscriber, SatKind::Guest, SatKind::Invite, SatKind::Embed].map(issued),
            unproven_bound_tokens: metrics.counter(
                "offhook_unproven_bound_tokens_total",
                "REST requests with a key-bound token and no proof, accepted for the official client's sake.",
                &[],
            ),
        }
    }

    fn tokens(&self, kind: SatKind) -> &Counter {
        let [(_, subscriber), (_, guest), (_, invite), (_, embed)] = &self.tokens;
        match kind {
            SatKind::Subscriber => subscriber,
            SatKind::Guest => guest,
            SatKind::Invite => invite,
            SatKind::Embed => embed,
        }
    }
}

/// A rate limit that counts whom it refuses.
pub(crate) struct Limited {
    limiter: RateLimiter,
    refused: Counter,
}

impl Limited {
    pub(crate) fn new(what: &str, per_minute: u32, metrics: &Metrics) -> Self {
        let labels = [("what", what)];
        let refused = metrics.counter(
            "offhook_rate_limited_total",
            "Requests refused with 429.",
            &labels,
        );
        Self {
            limiter: RateLimiter::per_minute(per_minute),
            refused,
        }
    }

    fn admit(&self, caller: impl Hash, now: Instant) -> Result<(), ApiError> {
        self.limiter.check(caller, now).map_err(|wait| {
            self.refused.increment();
            ApiError::TooMany {
                retry_after_s: wait.as_secs() + 1,
            }
        })
    }
}

/// The router.
pub(crate) fn router(app: Arc<App>) -> Router {
    routes()
        .router
        .fallback(root::page)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES))
        .layer(from_fn_with_state(Arc::clone(&app), observe::around))
        .with_state(app)
}

/// Every route there is. `openapi` describes each of them.
fn routes() -> Routes {
    Routes::new()
        .nest("/api/fabric", fabric())
        .nest("/api/offhook/webhooks", hooks())
        .route("/api/calling/calls", post(calling::command))
        .route("/api/offhook/sign-in", post(sign_in::sign_in))
        .route("/api/offhook/sign-in/refresh", post(sign_in::refresh))
        .route("/api/offhook/sessions", get(sessions::list))
        .route("/api/offhook/sessions/{id}", delete(sessions::end))
        .route(
            "/api/offhook/click_to_call/{id}/usage",
            get(click_to_calls::usage),
        )
        .route("/api/offhook/revocations", post(sessions::revoke))
        .route("/api/offhook/call_records", get(call_records::list))
        .route(
            "/api/offhook/call_records/export",
            get(call_records::export),
        )
        .route("/embed/{token}", get(frame::show))
        .route("/api/openapi.json", get(openapi::serve))
        .route("/api/docs", get(openapi::serve_page))
        .route("/healthz", get(operate::healthy))
        .route("/readyz", get(operate::ready))
        .route("/metrics", get(operate::metrics))
        .route("/demo/config.json", get(root::demo_config))
        .route("/", get(root::root))
}

fn hooks() -> Routes {
    Routes::new()
        .route("/", get(webhooks::list).post(webhooks::create))
        .route(
            "/{id}",
            get(webhooks::show)
                .put(webhooks::update)
                .patch(webhooks::update)
                .delete(webhooks::delete),
        )
        .route("/{id}/rotate_secret", post(webhooks::rotate_secret))
        .route("/{id}/test", post(webhooks::test))
        .route(
            "/{id}/dead_letters",
            get(webhooks::dead_letters).delete(webhooks::forget_all),
        )
        .route(
            "/{id}/dead_letters/redeliver",
            post(webhooks::redeliver_all),
        )
        .route("/{id}/dead_letters/{delivery_id}", delete(webhooks::forget))
        .route(
            "/{id}/dead_letters/{delivery_id}/redeliver",
            post(webhooks::redeliver),
        )
}

fn fabric() -> Routes {
    use ResourceType::{ClickToCall, Subscriber, SwmlScript, VideoRoom};
    let routes = Routes::new()
        .route("/subscribers/tokens", post(tokens::subscriber))
        .route("/subscribers/tokens/refresh", post(tokens::refresh))
        .route("/guests/tokens", post(tokens::guest))
        .route("/embeds/tokens", post(embeds::exchange))
        .route("/subscriber/devices/token", device(Endpoint::Token))
        .route("/subscriber/devices/refresh", device(Endpoint::Refresh))
        .route("/subscriber/invites", post(invites::create))
        .route("/subscriber/info", get(directory::info))
        .route("/addresses", get(directory::addresses))
        .route("/addresses/{id}", get(directory::address))
        .route("/conversations", get(conversations::list))
        .route("/conversations/join", post(conversations::join))
        .route(
            "/conversations/{group_id}/messages",
            get(conversations::messages),
        )
        .route("/messages", post(conversations::send))
        .route("/resources", list(None))
        .route("/resources/{id}", item(None))
        .route("/resources/{id}/addresses", addresses(None))
        .route(
            "/resources/subscribers",
            list(Some(Subscriber)).post(subscribers::create),
        )
        .route(
            "/resources/subscribers/{id}",
            item(Some(Subscriber)).put(subscribers::update),
        )
        .route(
            "/resources/subscribers/{id}/addresses",
            addresses(Some(Subscriber)),
        )
        .route(
            "/resources/conference_rooms",
            list(Some(VideoRoom)).post(rooms::create),
        )
        .route(
            "/resources/conference_rooms/{id}",
            item(Some(VideoRoom)).put(rooms::update),
        )
        // Singular in the specification, plural in its manner elsewhere: both.
        .route(
            "/resources/conference_room/{id}/addresses",
            addresses(Some(VideoRoom)),
        )
        .route(
            "/resources/conference_rooms/{id}/addresses",
            addresses(Some(VideoRoom)),
        )
        .route(
            "/resources/click_to_call",
            list(Some(ClickToCall)).post(click_to_calls::create),
        )
        .route(
            "/resources/click_to_call/{id}",
            item(Some(ClickToCall))
                .put(click_to_calls::update)
                .patch(click_to_calls::update),
        )
        .route(
            "/resources/click_to_call/{id}/addresses",
            addresses(Some(ClickToCall)),
        )
        .route(
            "/resources/swml_scripts",
            list(Some(SwmlScript)).post(swml_scripts::create),
        )
        .route(
            "/resources/swml_scripts/{id}",
            item(Some(SwmlScript)).put(swml_scripts::update),
        )
        .route(
            "/resources/swml_scripts/{id}/addresses",
            addresses(Some(SwmlScript)),
        );
    attached(kept(routes))
}

/// Resources that are kept and nothing more.
fn kept(mut routes: Routes) -> Routes {
    for kind in KEPT {
        let (path, some) = (format!("/resources/{}", kind.path), Some(kind.kind));
        routes = routes
            .route(&path, list(some).merge(kept::create_route(kind)))
            .route(
                &format!("{path}/{{id}}"),
                item(some).merge(kept::update_route(kind)),
            )
            .route(&format!("{path}/{{id}}/addresses"), addresses(some));
        if kind.addresses != kind.path {
            let path = format!("/resources/{}/{{id}}/addresses", kind.addresses);
            routes = routes.route(&path, addresses(some));
        }
    }
    routes
}

/// Things that hang on resources.
fn attached(mut routes: Routes) -> Routes {
    for kind in ATTACHED {
        let (kept::Place::Below(_, path) | kept::Place::OfItsOwn(path)) = kind.place;
        routes = routes
            .route(path, kept::list_route(kind))
            .route(&format!("{path}/{{item_id}}"), kept::item_route(kind));
    }
    routes
}

fn device(endpoint: Endpoint) -> MethodRouter<Arc<App>> {
    post(move |app, caller, headers, fields| devices::issue(endpoint, app, caller, headers, fields))
}

fn list(kind: Option<ResourceType>) -> MethodRouter<Arc<App>> {
    get(move |app, backend, caller, query| resources::list(kind, app, backend, caller, query))
}

fn item(kind: Option<ResourceType>) -> MethodRouter<Arc<App>> {
    get(move |app, backend, id| resources::show(kind, app, backend, id))
        .delete(move |app, backend, id| resources::delete(kind, app, backend, id))
}

fn addresses(kind: Option<ResourceType>) -> MethodRouter<Arc<App>> {
    get(move |app, backend, id, caller, query| {
        resources::addresses(kind, app, backend, id, caller, query)
    })
}
