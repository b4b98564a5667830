//! The demo's data: a project with an agent, a room and a call button. Made once; what is missing is made again.

use offhook_auth::{EmbedToken, opaque};
use offhook_proto::rest::{ConferenceRoomSettings, ResourceType};
use serde::{Deserialize, Serialize};

use crate::store::{
    ClickToCallSettings, PageRequest, Store, StoreError, SubscriberChange, hash_password,
};

const SETTING: &str = "demo";
const EMAIL: &str = "agent@example.com";
const DESTINATION: &str = "/private/agent";
const ROOM: &str = "lobby";
const BUTTON: &str = "Demo shop";

/// What the demo's pages need to know. In a demo none of it is a secret.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DemoPage {
    embed_token: String,
    destination: &'static str,
    room: String,
    agent: DemoAgent,
}

#[derive(Clone, Debug, Serialize)]
struct DemoAgent {
    email: &'static str,
    password: String,
}

/// What cannot be read back from the store.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Remembered {
    project_id: String,
    embed_token: String,
    password: String,
}

/// Makes what is not there yet.
pub(super) async fn seed(store: &Store, now_s: u64) -> Result<DemoPage, StoreError> {
    let text = store.setting(SETTING).await?;
    let mut known: Remembered = text
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();

    if store.project(&known.project_id).await?.is_none() {
        let (project, _) = store.create_project("Demo", now_s).await?;
        known = Remembered {
            project_id: project.id,
            ..Remembered::default()
        };
    }
    let project = known.project_id.clone();

    if known.password.is_empty()
        || store
            .resolve_address(&project, DESTINATION)
            .await?
            .is_none()
    {
        known.password = opaque::random_password().expose().to_owned();
        let password = Some(hash_password(known.password.as_str().into()).await);
        let change = SubscriberChange {
            display_name: Some("Demo Agent".to_owned()),
            password,
            ..SubscriberChange::default()
        };
        store
            .upsert_subscriber(&project, EMAIL, &change, now_s)
            .await?;
    }
    let room = format!("/public/{ROOM}");
    if store.resolve_address(&project, &room).await?.is_none() {
        store
            .create_conference_room(
                &project,
                ROOM,
                "Lobby",
                &ConferenceRoomSettings::default(),
                now_s,
            )
            .await?;
    }
    let button = match EmbedToken::parse(&known.embed_token) {
        Some(token) => store.click_to_call_by_token(&token).await?,
        None => None,
    };
    if button.is_none() {
        // A button whose token is lost is of no use.
        let page = PageRequest::default();
        for old in store
            .resources(&project, Some(ResourceType::ClickToCall), &page)
            .await?
            .items
        {
            if old.name == BUTTON {
                store
                    .delete_resource(&project, Some(ResourceType::ClickToCall), &old.id)
                    .await?;
            }
        }
        let settings = ClickToCallSettings::to(DESTINATION);
        let (_, token) = store
            .create_click_to_call(&project, BUTTON, &settings, now_s)
            .await?;
        known.embed_token = token.expose().to_owned();
    }
    // Three strings always serialise.
    store
        .set_setting(SETTING, &serde_json::to_string(&known).unwrap_or_default())
        .await?;
    Ok(DemoPage {
        embed_token: known.embed_token,
        destination: DESTINATION,
        room,
        agent: DemoAgent {
            email: EMAIL,
            password: known.password,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn seeding_twice_changes_nothing_and_mends_what_was_deleted() {
        let store = Store::in_memory().await.unwrap();
        let first = seed(&store, 1).await.unwrap();
        let second = seed(&store, 2).await.unwrap();
        assert_eq!(first.embed_token, second.embed_token);
        assert_eq!(first.agent.password, second.agent.password);
        assert_eq!(store.projects().await.unwrap().len(), 1);

        let project = &store.projects().await.unwrap()[0].id;
        for resource in store
            .resources(project, None, &PageRequest::default())
            .await
            .unwrap()
            .items
        {
            if resource.kind() != ResourceType::Echo {
                store
                    .delete_resource(project, None, &resource.id)
                    .await
                    .unwrap();
            }
        }
        let third = seed(&store, 3).await.unwrap();
        assert_ne!(third.embed_token, first.embed_token);
        let kinds = store
            .resources(project, None, &PageRequest::default())
            .await
            .unwrap()
            .map(|r| r.kind())
            .items;
        for kind in [
            ResourceType::Subscriber,
            ResourceType::VideoRoom,
            ResourceType::ClickToCall,
            ResourceType::Echo,
        ] {
            assert!(kinds.contains(&kind), "{kind:?}");
        }
        let (_, hash) = store.subscribers_by_email(EMAIL).await.unwrap().remove(0);
        assert!(hash.matches(&third.agent.password.as_str().into()));
    }
}
