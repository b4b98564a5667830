//! How the picture of a room is divided.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use miniserde::json::Value;
use offhook_core::json;

use crate::error::Error;
use crate::value;

/// Where a member wants to be in the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VideoPosition {
    /// The server chooses.
    #[default]
    Auto,
    /// A slot that the layout keeps for somebody, from 0.
    Reserved(u16),
    /// An ordinary slot, from 1.
    Standard(u16),
    /// Not in the picture.
    OffCanvas,
    /// Where a file is played.
    Playback,
    /// All of it.
    FullScreen,
}

impl Display for VideoPosition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Reserved(slot) => write!(f, "reserved-{slot}"),
            Self::Standard(slot) => write!(f, "standard-{slot}"),
            Self::OffCanvas => f.write_str("off-canvas"),
            Self::Playback => f.write_str("playback"),
            Self::FullScreen => f.write_str("full-screen"),
        }
    }
}

impl FromStr for VideoPosition {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let slot = |prefix| {
            text.strip_prefix(prefix)
                .and_then(|slot| slot.parse::<u16>().ok())
        };
        match text {
            "auto" => Ok(Self::Auto),
            "off-canvas" => Ok(Self::OffCanvas),
            "playback" => Ok(Self::Playback),
            "full-screen" => Ok(Self::FullScreen),
            _ => slot("reserved-")
                .map(Self::Reserved)
                .or_else(|| slot("standard-").map(Self::Standard))
                .ok_or_else(|| Error::Invalid(format!("there is no position {text}"))),
        }
    }
}

/// One part of the picture. Measures are percent of the whole, from the top left.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LayoutLayer {
    /// Its number in the layout.
    pub layer_index: i64,
    /// What covers what: the higher is in front.
    pub z_index: i64,
    /// Who is shown; nobody in an empty slot.
    pub member_id: Option<String>,
    /// Whether a file is shown.
    pub playing_file: bool,
    /// Which slot it is.
    pub position: VideoPosition,
    /// For whom the slot is kept; empty for nobody.
    pub reservation: String,
    /// Whether it is shown at all.
    pub visible: bool,
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl LayoutLayer {
    pub(crate) fn parse(layer: &Value) -> Self {
        let flag = |key| value::flag(layer, key).unwrap_or(false);
        let measure = |key| value::float(layer, key).unwrap_or(0.0);
        let position = value::text(layer, "position").and_then(|text| text.parse().ok());
        Self {
            layer_index: value::integer(layer, "layer_index").unwrap_or(0),
            z_index: value::integer(layer, "z_index").unwrap_or(0),
            member_id: value::owned(layer, "member_id"),
            playing_file: flag("playing_file"),
            position: position.unwrap_or_default(),
            reservation: value::owned(layer, "reservation").unwrap_or_default(),
            visible: flag("visible"),
            x: measure("x"),
            y: measure("y"),
            width: measure("width"),
            height: measure("height"),
        }
    }

    pub(crate) fn parse_all(layout: &Value) -> Vec<Self> {
        json::array_of(layout, "layers")
            .iter()
            .map(Self::parse)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_read_as_they_are_written() {
        for position in [
            VideoPosition::Auto,
            VideoPosition::Reserved(0),
            VideoPosition::Standard(12),
            VideoPosition::OffCanvas,
            VideoPosition::Playback,
            VideoPosition::FullScreen,
        ] {
            assert_eq!(
                position.to_string().parse::<VideoPosition>().ok(),
                Some(position)
            );
        }
        for wrong in ["", "reserved-", "reserved-x", "standard--1", "middle"] {
            assert!(wrong.parse::<VideoPosition>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_layer_is_read_whole() {
        let layer = json::parse(
            r#"{"layer_index":1,"z_index":2,"member_id":"m","playing_file":false,"position":"standard-2",
            "reservation":"","visible":true,"x":50,"y":0,"width":33.5,"height":100}"#,
        );
        let layer = LayoutLayer::parse(&layer.unwrap_or_default());
        assert_eq!((layer.layer_index, layer.z_index), (1, 2));
        assert_eq!(layer.member_id.as_deref(), Some("m"));
        assert_eq!(layer.position, VideoPosition::Standard(2));
        assert!(layer.visible && !layer.playing_file);
        assert_eq!(
            (layer.x, layer.y, layer.width, layer.height),
            (50.0, 0.0, 33.5, 100.0)
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,40}|(reserved|standard)-[0-9a-z-]{0,8}") {
            if let Ok(position) = text.parse::<VideoPosition>() {
                proptest::prop_assert_eq!(position.to_string().parse::<VideoPosition>().ok(), Some(position));
            }
        }
    }
}
