//! Every operation there is, in the order of the router.

use http::{Method, StatusCode};
use offhook_proto::rest::{
    Address, AttachmentBody, ButtonUsage, CallCommandAnswer, CallRecord, Conversation,
    DeadLetterBody, DeviceTokenAnswer, EmbedTokenAnswer, GuestTokenAnswer, InviteTokenAnswer,
    JoinAnswer, Message, Page, RedeliveryAnswer, ResourceBody, SignInAnswer, SubscriberInfo,
    SubscriberTokenAnswer, WebhookBody, WebhookTestAnswer,
};

use super::super::kept::{ATTACHED, KEPT, Place};
use super::super::sessions::{RevocationAnswer, SessionList};
use super::{Auth, Operation, bodies};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;
const OK: StatusCode = StatusCode::OK;
const CREATED: StatusCode = StatusCode::CREATED;
const ACCEPTED: StatusCode = StatusCode::ACCEPTED;

const SORT_BY: (&str, &str) = ("sort_by", "name or display_name.");
const NAME: (&str, &str) = ("name", "A path such as /public/lobby, or its last part.");
const CALLS: &[(&str, &str)] = &[
    ("from", "Dialled at this time or later."),
    ("until", "Dialled before this time."),
    ("destination", "To this address, by its name or id."),
    ("status", "How it went."),
];
const EXPORT: &[(&str, &str)] = &[
    ("format", "jsonl or csv."),
    CALLS[0],
    CALLS[1],
    CALLS[2],
    CALLS[3],
];

pub(super) fn operations() -> Vec<Operation> {
    let mut all = tokens();
    all.extend(people());
    all.extend(resources());
    all.extend(kept());
    all.extend(attached());
    all.extend(webhooks());
    all.extend(ours());
    all.extend(server());
    all
}

fn backend(method: Method, path: impl Into<String>, summary: impl Into<String>) -> Operation {
    Operation::new(method, path, summary, Auth::Backend)
}

fn holder(method: Method, path: &str, summary: &str) -> Operation {
    Operation::new(method, path, summary, Auth::Holder)
}

fn anybody(method: Method, path: &str, summary: &str) -> Operation {
    Operation::new(method, path, summary, Auth::None)
}

fn tokens() -> Vec<Operation> {
    vec![
        backend(
            POST,
            "/api/fabric/subscribers/tokens",
            "A subscriber's access token; makes the subscriber if there is none",
        )
        .makes(&[bodies::SUBSCRIBER_TOKEN])
        .answers::<SubscriberTokenAnswer>(OK),
        backend(
            POST,
            "/api/fabric/subscribers/tokens/refresh",
            "The next pair of tokens for a refresh token",
        )
        .makes(&[bodies::REFRESH])
        .answers::<GuestTokenAnswer>(CREATED),
        backend(
            POST,
            "/api/fabric/guests/tokens",
            "A token that may call the listed addresses",
        )
        .makes(&[bodies::GUEST_TOKEN])
        .answers::<GuestTokenAnswer>(CREATED),
        anybody(
            POST,
            "/api/fabric/embeds/tokens",
            "Exchanges the public token of a call button for an access token",
        )
        .makes(&[bodies::EXCHANGE])
        .answers::<EmbedTokenAnswer>(CREATED),
        holder(
            POST,
            "/api/fabric/subscriber/devices/token",
            "Binds the token to a key",
        )
        .makes(&[bodies::DEVICE])
        .answers::<DeviceTokenAnswer>(OK),
        holder(
            POST,
            "/api/fabric/subscriber/devices/refresh",
            "Renews a token that is bound to a key",
        )
        .makes(&[bodies::DEVICE])
        .answers::<DeviceTokenAnswer>(OK),
        holder(
            POST,
            "/api/fabric/subscriber/invites",
            "A token for somebody else, to one address of one's own",
        )
        .makes(&[bodies::INVITE])
        .answers::<InviteTokenAnswer>(CREATED),
        anybody(
            POST,
            "/api/offhook/sign-in",
            "Access tokens for an email and a password",
        )
        .makes(&[bodies::SIGN_IN])
        .answers::<SignInAnswer>(CREATED),
        anybody(
            POST,
            "/api/offhook/sign-in/refresh",
            "The next tokens for a refresh token",
        )
        .makes(&[bodies::REFRESH])
        .answers::<SignInAnswer>(CREATED),
    ]
}

fn people() -> Vec<Operation> {
    vec![
        holder(
            GET,
            "/api/fabric/subscriber/info",
            "Who the token's holder is",
        )
        .answers::<SubscriberInfo>(OK),
        holder(
            GET,
            "/api/fabric/addresses",
            "The directory, as far as the token reaches",
        )
        .pages::<Page<Address>>(&[SORT_BY, NAME, ("type", "room, subscriber or app.")]),
        holder(GET, "/api/fabric/addresses/{id}", "One address").answers::<Address>(OK),
        holder(
            GET,
            "/api/fabric/conversations",
            "The holder's conversations, the newest first",
        )
        .pages::<Page<Conversation>>(&[]),
        holder(
            POST,
            "/api/fabric/conversations/join",
            "The conversation with these addresses",
        )
        .makes(&[bodies::JOIN])
        .answers::<JoinAnswer>(OK),
        holder(
            GET,
            "/api/fabric/conversations/{group_id}/messages",
            "What was said, the newest first",
        )
        .pages::<Page<Message>>(&[]),
        holder(POST, "/api/fabric/messages", "Says something")
            .makes(&[bodies::MESSAGE])
            .answers::<Message>(OK),
    ]
}

fn resources() -> Vec<Operation> {
    let mut all = vec![
        backend(GET, "/api/fabric/resources", "All resources, by name")
            .pages::<Page<ResourceBody>>(&[]),
        backend(GET, "/api/fabric/resources/{id}", "A resource").answers::<ResourceBody>(OK),
        backend(DELETE, "/api/fabric/resources/{id}", "Deletes a resource").empty(),
        addresses("{id}"),
        addresses("conference_room/{id}"),
    ];
    for (path, what) in [
        ("subscribers", "subscriber"),
        ("conference_rooms", "conference room"),
        ("click_to_call", "call button"),
        ("swml_scripts", "script"),
    ] {
        all.extend(shown(path, what));
        all.push(addresses(&format!("{path}/{{id}}")));
    }
    let path = |path: &str| format!("/api/fabric/resources/{path}");
    all.extend([
        backend(POST, path("subscribers"), "Makes a subscriber")
            .makes(&[bodies::SUBSCRIBER])
            .answers::<ResourceBody>(CREATED),
        backend(PUT, path("subscribers/{id}"), "Changes what is named")
            .changes(&[bodies::SUBSCRIBER_CHANGE])
            .answers::<ResourceBody>(OK),
        backend(POST, path("conference_rooms"), "Makes a conference room")
            .makes(&[bodies::ROOM_NAME, bodies::ROOM])
            .answers::<ResourceBody>(OK),
        backend(PUT, path("conference_rooms/{id}"), "Changes what is named")
            .changes(&[bodies::ROOM])
            .answers::<ResourceBody>(OK),
        backend(
            POST,
            path("click_to_call"),
            "Makes a call button; the answer holds its public token, once",
        )
        .makes(&[bodies::BUTTON])
        .answers::<ResourceBody>(CREATED),
        backend(PUT, path("click_to_call/{id}"), "Changes what is named")
            .changes(&[bodies::BUTTON])
            .answers::<ResourceBody>(OK),
        backend(PATCH, path("click_to_call/{id}"), "Changes what is named")
            .changes(&[bodies::BUTTON])
            .answers::<ResourceBody>(OK),
        backend(POST, path("swml_scripts"), "Keeps a script")
            .makes(&[bodies::SCRIPT_NAME, bodies::SCRIPT])
            .answers::<ResourceBody>(OK),
        backend(PUT, path("swml_scripts/{id}"), "Changes what is named")
            .changes(&[bodies::SCRIPT_DISPLAY_NAME, bodies::SCRIPT])
            .answers::<ResourceBody>(OK),
    ]);
    all
}

/// What every kind of resource has: its list, one of it, and the end of one.
fn shown(path: &str, what: &str) -> Vec<Operation> {
    let list = format!("/api/fabric/resources/{path}");
    let one = format!("{list}/{{id}}");
    vec![
        backend(GET, list, format!("Every {what}, by name")).pages::<Page<ResourceBody>>(&[]),
        backend(GET, one.clone(), format!("One {what}")).answers::<ResourceBody>(OK),
        backend(DELETE, one, format!("Deletes a {what}")).empty(),
    ]
}

fn addresses(of: &str) -> Operation {
    let path = format!("/api/fabric/resources/{of}/addresses");
    backend(GET, path, "A resource's addresses").pages::<Page<Address>>(&[])
}

fn kept() -> Vec<Operation> {
    let mut all = Vec::new();
    for kind in KEPT {
        let what = kind.kind.as_str().replace('_', " ");
        let list = format!("/api/fabric/resources/{}", kind.path);
        let tables: &'static [&'static [_]] = std::slice::from_ref(&kind.attributes);
        all.extend(shown(kind.path, &what));
        all.push(addresses(&format!("{}/{{id}}", kind.path)));
        if kind.addresses != kind.path {
            all.push(addresses(&format!("{}/{{id}}", kind.addresses)));
        }
        all.push(
            backend(
                POST,
                list.clone(),
                format!("Keeps a {what}; nothing runs it yet"),
            )
            .makes(tables)
            .answers::<ResourceBody>(CREATED),
        );
        for method in [PUT, PATCH] {
            let change = backend(method, format!("{list}/{{id}}"), "Changes what is named");
            all.push(change.changes(tables).answers::<ResourceBody>(OK));
        }
    }
    all
}

fn attached() -> Vec<Operation> {
    let mut all = Vec::new();
    for kind in ATTACHED {
        let (Place::Below(_, path) | Place::OfItsOwn(path)) = kind.place;
        let list = format!("/api/fabric{path}");
        let one = format!("{list}/{{item_id}}");
        let what = kind.what;
        let tables: &'static [&'static [_]] = std::slice::from_ref(&kind.attributes);
        let made = backend(POST, list.clone(), format!("Keeps a {what}"));
        all.extend([
            backend(GET, list, format!("Every {what}")).pages::<Page<AttachmentBody>>(&[]),
            made.makes(tables).answers::<AttachmentBody>(kind.created),
            backend(GET, one.clone(), format!("One {what}")).answers::<AttachmentBody>(OK),
        ]);
        if kind.snapshot {
            continue;
        }
        for method in [PUT, PATCH] {
            let change = backend(method, one.clone(), "Changes what is named");
            all.push(change.changes(tables).answers::<AttachmentBody>(OK));
        }
        all.push(backend(DELETE, one, format!("Forgets a {what}")).empty());
    }
    all
}

fn webhooks() -> Vec<Operation> {
    let path = |path: &str| format!("/api/offhook/webhooks{path}");
    vec![
        backend(GET, path(""), "Every webhook, by name").pages::<Page<WebhookBody>>(&[]),
        backend(
            POST,
            path(""),
            "Makes a webhook; the answer holds its secret, once",
        )
        .makes(&[bodies::WEBHOOK])
        .answers::<WebhookBody>(CREATED),
        backend(GET, path("/{id}"), "One webhook").answers::<WebhookBody>(OK),
        backend(PUT, path("/{id}"), "Changes what is named")
            .changes(&[bodies::WEBHOOK])
            .answers::<WebhookBody>(OK),
        backend(PATCH, path("/{id}"), "Changes what is named")
            .changes(&[bodies::WEBHOOK])
            .answers::<WebhookBody>(OK),
        backend(
            DELETE,
            path("/{id}"),
            "Deletes a webhook, with what waits for it",
        )
        .empty(),
        backend(
            POST,
            path("/{id}/rotate_secret"),
            "Gives it another secret; the answer holds it, once",
        )
        .changes(&[bodies::ROTATE])
        .answers::<WebhookBody>(OK),
        backend(POST, path("/{id}/test"), "Delivers an event webhook.test")
            .answers::<WebhookTestAnswer>(ACCEPTED),
        backend(
            GET,
            path("/{id}/dead_letters"),
            "What was given up, the newest first",
        )
        .pages::<Page<DeadLetterBody>>(&[]),
        backend(
            DELETE,
            path("/{id}/dead_letters"),
            "Forgets all that was given up",
        )
        .empty(),
        backend(
            POST,
            path("/{id}/dead_letters/redeliver"),
            "All that was given up waits again",
        )
        .answers::<RedeliveryAnswer>(ACCEPTED),
        backend(
            DELETE,
            path("/{id}/dead_letters/{delivery_id}"),
            "Forgets one",
        )
        .empty(),
        backend(
            POST,
            path("/{id}/dead_letters/{delivery_id}/redeliver"),
            "One waits again",
        )
        .answers::<RedeliveryAnswer>(ACCEPTED),
    ]
}

fn ours() -> Vec<Operation> {
    vec![
        backend(
            POST,
            "/api/calling/calls",
            "Commands a call: dial, update, calling.end, calling.transfer, calling.user_event",
        )
        .makes(&[bodies::COMMAND])
        .answers::<CallCommandAnswer>(OK),
        backend(GET, "/api/offhook/sessions", "Live sessions").answers::<SessionList>(OK),
        backend(
            DELETE,
            "/api/offhook/sessions/{id}",
            "Ends a session and its calls",
        )
        .empty(),
        backend(
            GET,
            "/api/offhook/click_to_call/{id}/usage",
            "What has been done with a button's token",
        )
        .answers::<ButtonUsage>(OK),
        backend(
            POST,
            "/api/offhook/revocations",
            "Revokes tokens: exactly one attribute",
        )
        .changes(&[bodies::REVOCATION])
        .answers::<RevocationAnswer>(OK),
        backend(
            GET,
            "/api/offhook/call_records",
            "Calls that have ended, the newest first",
        )
        .pages::<Page<CallRecord>>(CALLS),
        Operation {
            filters: EXPORT,
            ..backend(
                GET,
                "/api/offhook/call_records/export",
                "All of them, as JSON lines or a table",
            )
            .answers_with("application/jsonl")
        },
    ]
}

fn server() -> Vec<Operation> {
    vec![
        anybody(GET, "/api/openapi.json", "This document").answers_with("application/json"),
        anybody(GET, "/api/docs", "This document, for people").answers_with("text/html"),
        anybody(
            GET,
            "/embed/{token}",
            "A call button in a frame, for the button's pages",
        )
        .answers_with("text/html"),
        anybody(GET, "/healthz", "The program runs").answers_with("text/plain"),
        anybody(
            GET,
            "/readyz",
            "Requests are welcome; 503 while they are not",
        )
        .answers_with("text/plain"),
        anybody(
            GET,
            "/metrics",
            "For Prometheus; to this machine only, unless the owner opened it",
        )
        .answers_with("text/plain"),
        anybody(
            GET,
            "/demo/config.json",
            "With --demo: the demo's public token",
        )
        .answers_with("application/json"),
        anybody(GET, "/", "The relay's WebSocket, or a page").answers_with("text/html"),
    ]
}
