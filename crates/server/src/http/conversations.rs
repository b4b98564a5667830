//! Conversations: joining one, reading it, saying something in it (wire-protocol.md 8.4).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Json;
use axum::body::{Body, HttpBody};
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use hyper::body::{Frame, SizeHint};
use offhook_auth::{SatClaims, SatKind};
use offhook_proto::limits;
use offhook_proto::rest::{
    Conversation, JoinAnswer, Message, MessageSubtype, Page, Timestamp, code,
};
use serde_json::Map;

use super::App;
use super::auth::Holder;
use super::error::ApiError;
use super::fields::{Fields, TEXT};
use super::origin::Caller;
use super::paging::ListQuery;
use crate::clock::now_ms;
use crate::messages::{Attempts, Delivery, Unsaid};
use crate::store::{self, AddressKind, ConversationMember, NewMessage, conversation_id};

const FROM: &str = "from_fabric_address_id";
const OTHERS: &str = "fabric_address_ids";
const GROUP: &str = "group_id";

/// Not to be told apart from a conversation one is not in.
const NO_CONVERSATION: ApiError = ApiError::NotFound("there is no such conversation of yours");

/// `POST /api/fabric/conversations/join`: the conversation of the caller and these addresses, the same one each time.
pub(super) async fn join(
    State(app): State<Arc<App>>,
    Holder(claims): Holder,
    mut fields: Fields,
) -> Result<Json<JoinAnswer>, ApiError> {
    may_converse(&claims)?;
    let from = fields.text(FROM, TEXT).unwrap_or_default();
    let ids = fields.texts(OTHERS, limits::CONVERSATION_MEMBERS);
    if ids.is_none() {
        fields.missing_unless_refused(OTHERS);
    }
    fields.finish()?;
    admit(&app, &claims)?;

    let own = own_member(&app, &claims, &from).await?;
    let mut members = vec![own.clone()];
    for id in ids.unwrap_or_default() {
        if id == own.address_id || id.is_empty() {
            continue;
        }
        // What is out of reach is not to be told apart from what does not exist.
        let found = match claims.reaches(&id) {
            true => app.mint.store.address(&claims.project_id, &id).await?,
            false => None,
        };
        let address = found.ok_or_else(|| {
            ApiError::invalid(
                OTHERS,
                code::INVALID,
                format!("{id:?} is no address within reach"),
            )
        })?;
        members.push(member(&address));
    }
    members.sort();
    members.dedup();
    if members.len() < 2 {
        let message = "a conversation needs somebody else's address";
        return Err(ApiError::invalid(OTHERS, code::INVALID_VALUE, message));
    }
    let store = &app.mint.store;
    let (project, owner) = (&claims.project_id, &claims.subscriber_id);
    let known = store
        .conversation(project, &conversation_id(&members))
        .await?;
    if known.is_none() && store.count_conversations(project, owner).await? >= limits::CONVERSATIONS
    {
        let message = format!(
            "nobody may be in more than {} conversations",
            limits::CONVERSATIONS
        );
        return Err(ApiError::Forbidden {
            code: "too_many_conversations",
            message,
        });
    }
    let group_id = store.join_conversation(project, &members, now_ms()).await?;
    Ok(Json(JoinAnswer { group_id }))
}

/// `GET /api/fabric/conversations`: the caller's, those with something new first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Holder(claims): Holder,
    caller: Caller,
    mut query: ListQuery,
) -> Result<Json<Page<Conversation>>, ApiError> {
    query.newest_first();
    let slice = app
        .mint
        .store
        .conversations(&claims.project_id, &claims.subscriber_id, &query.page)
        .await?;
    let bodies = slice.map(|conversation| body_for(&claims, conversation));
    Ok(Json(query.answer(&caller, bodies)))
}

/// `GET /api/fabric/conversations/{group_id}/messages`: the newest first.
pub(super) async fn messages(
    State(app): State<Arc<App>>,
    Holder(claims): Holder,
    Path(group_id): Path<String>,
    caller: Caller,
    mut query: ListQuery,
) -> Result<Json<Page<Message>>, ApiError> {
    let conversation = own_conversation(&app, &claims, &group_id).await?;
    query.newest_first();
    let slice = app
        .mint
        .store
        .messages(&claims.project_id, &conversation.id, &query.page)
        .await?;
    Ok(Json(query.answer(&caller, slice)))
}

/// `POST /api/fabric/messages`: says something. With an `id` of the client's choice, the same message sent again is the same
/// message, whatever happened to the answer; without, only as far as [`Attempts`] can see it.
pub(super) async fn send(
    State(app): State<Arc<App>>,
    Holder(claims): Holder,
    mut fields: Fields,
) -> Result<Response, ApiError> {
    may_converse(&claims)?;
    let group_id = fields.required_text(GROUP, TEXT);
    let from = fields.text(FROM, TEXT).unwrap_or_default();
    let text = fields.required_text("text", limits::MESSAGE_CHARS);
    let client_id = fields.text("id", TEXT);
    fields.finish()?;
    admit(&app, &claims)?;

    let conversation = own_conversation(&app, &claims, &group_id).await?;
    let own = own_member(&app, &claims, &from).await?;
    if !conversation.members.contains(&own) {
        let message = "that address is not in the conversation";
        return Err(ApiError::invalid(FROM, code::INVALID_VALUE, message));
    }
    let others = || {
        conversation
            .members
            .iter()
            .filter(|m| m.owner_id != own.owner_id)
    };
    if !others().any(|member| member.reads) {
        let message = "nobody else in this conversation reads messages";
        return Err(ApiError::invalid(GROUP, code::INVALID_VALUE, message));
    }
    let fingerprint = Attempts::fingerprint(&claims, &group_id, client_id.as_deref(), &text);
    let attempt = match app.attempts.claim(&fingerprint, Instant::now()) {
        Some(attempt) => attempt,
        None => {
            let message = NewMessage {
                project_id: claims.project_id.clone(),
                conversation_id: conversation.id,
                subtype: MessageSubtype::Chat,
                kind: "chat",
                from_owner_id: own.owner_id,
                from_address_id: own.address_id,
                user_name: name_of(&app, &claims).await?,
                client_id,
                text: Some(text),
                details: Map::new(),
            };
            app.relay
                .messages()
                .post(message)
                .map_err(|_| ApiError::Unavailable)?
        }
    };
    let delivery = Delivery::new(Arc::clone(&app.attempts), fingerprint, attempt.clone());
    match attempt.outcome().await {
        Ok(message) => Ok(answer(&message, delivery)),
        Err(Unsaid::NoConversation) => Err(NO_CONVERSATION),
        Err(Unsaid::Failed) => Err(ApiError::Internal),
    }
}

/// Visitors of pages come without anybody having let them in: they call, and write nothing into the store.
fn may_converse(claims: &SatClaims) -> Result<(), ApiError> {
    match claims.kind {
        SatKind::Embed => Err(ApiError::Forbidden {
            code: "not_for_visitors",
            message: "the token of a call button sends no messages".to_owned(),
        }),
        SatKind::Subscriber | SatKind::Guest | SatKind::Invite => Ok(()),
    }
}

fn admit(app: &App, claims: &SatClaims) -> Result<(), ApiError> {
    let who = (&claims.project_id, &claims.subscriber_id);
    app.messages.admit(who, Instant::now())
}

/// The caller as a member: by one of its addresses, the first if it names none. Guests have none.
async fn own_member(
    app: &App,
    claims: &SatClaims,
    from: &str,
) -> Result<ConversationMember, ApiError> {
    let foreign = || ApiError::invalid(FROM, code::INVALID_VALUE, "that is no address of yours");
    if claims.kind != SatKind::Subscriber {
        return match from {
            "" => Ok(ConversationMember {
                owner_id: claims.subscriber_id.clone(),
                address_id: String::new(),
                reads: true,
            }),
            _ => Err(foreign()),
        };
    }
    let own = app
        .mint
        .store
        .addresses_of_subscriber(&claims.project_id, &claims.subscriber_id)
        .await?;
    own.iter()
        .find(|address| from.is_empty() || address.id == from)
        .map(member)
        .ok_or_else(foreign)
}

fn member(address: &store::Address) -> ConversationMember {
    ConversationMember {
        owner_id: address.resource_id.clone(),
        address_id: address.id.clone(),
        reads: matches!(address.kind, AddressKind::Subscriber { .. }),
    }
}

/// The conversation, if the caller is in it and its token still reaches everybody else there.
async fn own_conversation(
    app: &App,
    claims: &SatClaims,
    group_id: &str,
) -> Result<store::Conversation, ApiError> {
    let found = app
        .mint
        .store
        .conversation(&claims.project_id, group_id)
        .await?;
    found
        .filter(|conversation| {
            let reaches = |member: &ConversationMember| {
                member.owner_id == claims.subscriber_id || claims.reaches(&member.address_id)
            };
            conversation.includes(&claims.subscriber_id) && conversation.members.iter().all(reaches)
        })
        .ok_or(NO_CONVERSATION)
}

async fn name_of(app: &App, claims: &SatClaims) -> Result<String, ApiError> {
    if claims.kind == SatKind::Subscriber {
        let (project, id) = (&claims.project_id, &claims.subscriber_id);
        let subscriber = app.mint.store.subscriber(project, id).await?;
        return Ok(subscriber.map(|s| s.display_name).unwrap_or_default());
    }
    let name = claims.display_name.clone();
    Ok(name.unwrap_or_else(|| "Guest".to_owned()))
}

fn body_for(claims: &SatClaims, conversation: store::Conversation) -> Conversation {
    let own = conversation
        .members
        .iter()
        .find(|member| member.owner_id == claims.subscriber_id);
    Conversation {
        id: conversation.id.clone(),
        group_id: conversation.id,
        from_fabric_address_id: own.map(|own| own.address_id.clone()).unwrap_or_default(),
        created_at: Timestamp(conversation.created_at.0),
        last_message_at: conversation.last_ms,
        fabric_address_ids: conversation
            .members
            .into_iter()
            .map(|member| member.address_id)
            .filter(|id| !id.is_empty())
            .collect(),
    }
}

/// The message, and the note that its sender has been answered once the connection has taken it.
fn answer(message: &Message, delivery: Delivery) -> Response {
    let body = AnswerBody {
        text: Some(offhook_proto::relay::to_text(message).into()),
        delivery,
    };
    let mut response = Response::new(Body::new(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

struct AnswerBody {
    text: Option<Bytes>,
    delivery: Delivery,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let text = self.text.take();
        self.delivery.complete();
        Poll::Ready(text.map(|text| Ok(Frame::data(text))))
    }

    fn is_end_stream(&self) -> bool {
        self.text.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.text.as_ref().map_or(0, |text| text.len() as u64))
    }
}
