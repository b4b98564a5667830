//! Making and changing conference rooms (wire-protocol.md 8.6).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use offhook_proto::limits;
use offhook_proto::rest::{ConferenceRoomSettings, Quality, ResourceBody, ResourceType, code};

use super::App;
use super::auth::Backend;
use super::error::ApiError;
use super::fields::{Fields, TEXT};
use super::resources::NONE;
use crate::clock::now_s;
use crate::store::ResourceDetails;

const DESCRIPTION_CHARS: usize = 3_000;
const NAME_CHARS: usize = 100;
const MOST_REMOVE_AFTER_S: u64 = 200_000;
const META_BYTES: usize = 16 * 1024;

/// `POST /api/fabric/resources/conference_rooms` (answers 200, as the specification has it).
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    mut fields: Fields,
) -> Result<Json<ResourceBody>, ApiError> {
    let name = fields.required_text("name", NAME_CHARS);
    let display_name = fields
        .text("display_name", TEXT)
        .unwrap_or_else(|| name.clone());
    let settings = settings(&mut fields, ConferenceRoomSettings::default());
    fields.finish()?;
    let resource = app
        .mint
        .store
        .create_conference_room(&project.id, &name, &display_name, &settings, now_s())
        .await?;
    Ok(Json(resource.into_body(&app.public_url)))
}

/// `PUT /api/fabric/resources/conference_rooms/{id}`: changes what is named. The name is the address and stays.
pub(super) async fn update(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
    mut fields: Fields,
) -> Result<Json<ResourceBody>, ApiError> {
    let mut resource = app
        .mint
        .store
        .resource(&project.id, Some(ResourceType::VideoRoom), &id)
        .await?
        .ok_or(NONE)?;
    let ResourceDetails::Room(old) = &resource.details else {
        return Err(NONE);
    };
    let settings = settings(&mut fields, (**old).clone());
    if fields
        .text("name", NAME_CHARS)
        .is_some_and(|name| name != resource.name)
    {
        fields.refuse(
            "name",
            code::INVALID_VALUE,
            "name is the room's address and cannot be changed",
        );
    }
    if let Some(display_name) = fields.text("display_name", TEXT) {
        resource.display_name = display_name;
    }
    fields.finish()?;
    let resource = app
        .mint
        .store
        .update_conference_room(resource, settings, now_s())
        .await?;
    Ok(Json(resource.into_body(&app.public_url)))
}

/// What is named replaces what was.
fn settings(fields: &mut Fields, old: ConferenceRoomSettings) -> ConferenceRoomSettings {
    let number = |value: Option<u64>| value.and_then(|value| u32::try_from(value).ok());
    let quality = match fields.text("quality", TEXT).as_deref() {
        None => old.quality,
        Some("720p") => Quality::P720,
        Some("1080p") => Quality::P1080,
        Some(_) => {
            fields.refuse(
                "quality",
                code::INVALID_VALUE,
                "quality must be 720p or 1080p",
            );
            old.quality
        }
    };
    let fps = match fields.integer("fps", 0..=u64::from(u32::MAX)) {
        None => old.fps,
        Some(20) => 20,
        Some(30) => 30,
        Some(_) => {
            fields.refuse("fps", code::INVALID_VALUE, "fps must be 20 or 30");
            old.fps
        }
    };
    let meta = fields.object("meta");
    if meta
        .as_ref()
        .is_some_and(|meta| serde_json::to_string(meta).is_ok_and(|text| text.len() > META_BYTES))
    {
        fields.refuse(
            "meta",
            code::INVALID_VALUE,
            format!("meta may have {META_BYTES} bytes"),
        );
    }
    ConferenceRoomSettings {
        description: fields
            .text("description", DESCRIPTION_CHARS)
            .or(old.description),
        join_from: fields.time("join_from").or(old.join_from),
        join_until: fields.time("join_until").or(old.join_until),
        remove_at: fields.time("remove_at").or(old.remove_at),
        remove_after_seconds_elapsed: number(
            fields.integer("remove_after_seconds_elapsed", 0..=MOST_REMOVE_AFTER_S),
        )
        .or(old.remove_after_seconds_elapsed),
        max_members: number(fields.integer("max_members", 0..=limits::ROOM_MEMBERS as u64))
            .or(old.max_members),
        quality,
        fps,
        layout: fields.text("layout", TEXT).unwrap_or(old.layout),
        record_on_start: fields
            .flag("record_on_start")
            .unwrap_or(old.record_on_start),
        enable_room_previews: fields
            .flag("enable_room_previews")
            .unwrap_or(old.enable_room_previews),
        meta: meta.unwrap_or(old.meta),
        sync_audio_video: fields
            .flag("sync_audio_video")
            .unwrap_or(old.sync_audio_video),
        tone_on_entry_and_exit: fields
            .flag("tone_on_entry_and_exit")
            .unwrap_or(old.tone_on_entry_and_exit),
        room_join_video_off: fields
            .flag("room_join_video_off")
            .unwrap_or(old.room_join_video_off),
        user_join_video_off: fields
            .flag("user_join_video_off")
            .unwrap_or(old.user_join_video_off),
        prioritize_handraise: fields
            .flag("prioritize_handraise")
            .unwrap_or(old.prioritize_handraise),
    }
}
