//! Layouts: their names, their places, and who is where (wire-protocol.md 6.2, 7.3). Percentages of the whole picture.

use crate::room::{Layout, LayoutLayer};

/// Names of layouts, of which the first is the one rooms start with (7.3).
pub const LAYOUTS: &[&str] = &[
    "grid-responsive",
    "grid-responsive-mobile",
    "highlight-1-responsive",
    "1x1",
    "2x1",
    "2x2",
    "5up",
    "3x3",
    "4x4",
    "5x5",
    "6x6",
    "8x8",
    "10x10",
];

/// How the places of a layout lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// As many equal places as there are members: at least as wide as high.
    Wide,
    /// The same, at least as high as wide.
    High,
    /// One large place and a row of five below.
    Highlight,
    /// One large place and a column of four beside.
    FiveUp,
    /// So many columns and rows.
    Grid(usize, usize),
}

fn shape(name: &str) -> Option<Shape> {
    Some(match name {
        "grid-responsive" => Shape::Wide,
        "grid-responsive-mobile" => Shape::High,
        "highlight-1-responsive" => Shape::Highlight,
        "1x1" => Shape::Grid(1, 1),
        "2x1" => Shape::Grid(2, 1),
        "2x2" => Shape::Grid(2, 2),
        "5up" => Shape::FiveUp,
        "3x3" => Shape::Grid(3, 3),
        "4x4" => Shape::Grid(4, 4),
        "5x5" => Shape::Grid(5, 5),
        "6x6" => Shape::Grid(6, 6),
        "8x8" => Shape::Grid(8, 8),
        "10x10" => Shape::Grid(10, 10),
        _ => return None,
    })
}

/// The layout's name as this server writes it; `None`: there is no such layout.
pub fn known(name: &str) -> Option<&'static str> {
    LAYOUTS.iter().copied().find(|known| *known == name)
}

/// Whether a member may ask for this place: `auto`, `reserved-N`, `standard-N`, `off-canvas`, `playback`, `full-screen`.
pub fn is_position(position: &str) -> bool {
    let numbered = |prefix: &str| {
        position.strip_prefix(prefix).is_some_and(|number| {
            (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
        })
    };
    matches!(position, "auto" | "off-canvas" | "playback" | "full-screen")
        || numbered("reserved-")
        || numbered("standard-")
}

/// Somebody who wants a place.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Who.
    pub member_id: &'a str,
    /// What they, or a moderator, asked for.
    pub requested: &'a str,
    /// Takes the large place, if there is one and nobody asked for it: a shared screen.
    pub is_screen: bool,
}

struct Place {
    position: String,
    /// Left, top, width, height.
    area: [f64; 4],
}

/// Puts the candidates, in their order, into the places of a layout: first those who asked for a place that exists,
/// then the others. An unknown name counts as the first layout.
pub fn arrange(name: &str, candidates: &[Candidate<'_>]) -> Layout {
    let name = known(name).unwrap_or(LAYOUTS[0]);
    let shape = shape(name).unwrap_or(Shape::Wide);
    let shown: Vec<&Candidate<'_>> = candidates
        .iter()
        .filter(|candidate| candidate.requested != "off-canvas")
        .collect();
    let full = shown
        .iter()
        .position(|candidate| candidate.requested == "full-screen");
    let count = shown.len() - usize::from(full.is_some());
    let places = places(shape, count);
    let mut taken: Vec<Option<&str>> = vec![None; places.len()];
    let mut waiting: Vec<&Candidate<'_>> = Vec::new();
    for (index, candidate) in shown.iter().enumerate() {
        if Some(index) == full {
            continue;
        }
        let asked = places
            .iter()
            .position(|place| place.position == candidate.requested);
        match asked.filter(|place| taken[*place].is_none()) {
            Some(place) => taken[place] = Some(candidate.member_id),
            None => waiting.push(candidate),
        }
    }
    // Screens first: the large place, which is the first one, is theirs if it is free.
    waiting.sort_by_key(|candidate| !candidate.is_screen);
    for candidate in waiting {
        if let Some(free) = taken.iter_mut().find(|place| place.is_none()) {
            *free = Some(candidate.member_id);
        }
    }
    let mut layers: Vec<LayoutLayer> = places
        .into_iter()
        .zip(taken)
        .enumerate()
        .map(|(index, (place, member))| layer(index, 0, member, place))
        .collect();
    if let Some(member) = full.map(|index| shown[index].member_id) {
        let place = Place {
            position: "full-screen".to_owned(),
            area: [0.0, 0.0, 100.0, 100.0],
        };
        layers.push(layer(layers.len(), 1, Some(member), place));
    }
    Layout {
        id: name.to_owned(),
        name: name.to_owned(),
        layers,
    }
}

fn layer(index: usize, z_index: u32, member: Option<&str>, place: Place) -> LayoutLayer {
    let [x, y, width, height] = place.area;
    LayoutLayer {
        layer_index: u32::try_from(index).unwrap_or(u32::MAX),
        z_index,
        member_id: member.map(str::to_owned),
        playing_file: false,
        reservation: if place.position.starts_with("reserved-") {
            place.position.clone()
        } else {
            String::new()
        },
        position: place.position,
        visible: member.is_some(),
        x,
        y,
        width,
        height,
    }
}

fn places(shape: Shape, count: usize) -> Vec<Place> {
    match shape {
        Shape::Wide => {
            let columns = near_root(count);
            grid(columns, count.div_ceil(columns), count)
        }
        Shape::High => {
            let rows = near_root(count);
            grid(count.div_ceil(rows).max(1), rows, count)
        }
        Shape::Grid(columns, rows) => grid(columns, rows, columns * rows),
        Shape::Highlight if count <= 1 => vec![reserved([0.0, 0.0, 100.0, 100.0])],
        Shape::Highlight => {
            let mut places = vec![reserved([0.0, 0.0, 100.0, 80.0])];
            places.extend((0..5).map(|i| standard(i, [i as f64 * 20.0, 80.0, 20.0, 20.0])));
            places
        }
        Shape::FiveUp => {
            let mut places = vec![reserved([0.0, 0.0, 75.0, 100.0])];
            places.extend((0..4).map(|i| standard(i, [75.0, i as f64 * 25.0, 25.0, 25.0])));
            places
        }
    }
}

/// The smallest number whose square is at least `count`.
fn near_root(count: usize) -> usize {
    (1..=count.max(1)).find(|n| n * n >= count).unwrap_or(1)
}

fn grid(columns: usize, rows: usize, count: usize) -> Vec<Place> {
    let (width, height) = (100.0 / columns as f64, 100.0 / rows.max(1) as f64);
    (0..count)
        .map(|i| {
            let (column, row) = (i % columns, i / columns);
            standard(
                i,
                [column as f64 * width, row as f64 * height, width, height],
            )
        })
        .collect()
}

fn standard(index: usize, area: [f64; 4]) -> Place {
    Place {
        position: format!("standard-{}", index + 1),
        area,
    }
}

fn reserved(area: [f64; 4]) -> Place {
    Place {
        position: "reserved-1".to_owned(),
        area,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn members(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("m{i}")).collect()
    }

    fn auto(names: &[String]) -> Vec<Candidate<'_>> {
        names
            .iter()
            .map(|name| Candidate {
                member_id: name,
                requested: "auto",
                is_screen: false,
            })
            .collect()
    }

    fn overlap(a: &LayoutLayer, b: &LayoutLayer) -> bool {
        let apart = |a: f64, wa: f64, b: f64, wb: f64| a + wa <= b + 1e-9 || b + wb <= a + 1e-9;
        !apart(a.x, a.width, b.x, b.width) && !apart(a.y, a.height, b.y, b.height)
    }

    proptest! {
        #[test]
        fn every_layout_lies_within_the_picture_without_overlap_and_places_nobody_twice(
            which in 0..LAYOUTS.len(), count in 0usize..40, wishes in prop::collection::vec(0usize..6, 40)) {
            let names = members(count);
            let candidates: Vec<Candidate<'_>> = names.iter().zip(&wishes).map(|(name, wish)| Candidate {
                member_id: name,
                requested: ["auto", "standard-1", "standard-3", "reserved-1", "off-canvas", "full-screen"][*wish],
                is_screen: *wish == 2,
            }).collect();
            let layout = arrange(LAYOUTS[which], &candidates);
            prop_assert_eq!(&layout.id, LAYOUTS[which]);
            let mut seen = std::collections::HashSet::new();
            for (i, a) in layout.layers.iter().enumerate() {
                prop_assert_eq!(a.layer_index as usize, i);
                prop_assert!(a.x >= 0.0 && a.x + a.width <= 100.0 + 1e-9);
                prop_assert!(a.y >= 0.0 && a.y + a.height <= 100.0 + 1e-9);
                prop_assert!(is_position(&a.position));
                if let Some(member) = &a.member_id {
                    prop_assert!(seen.insert(member.clone()));
                }
                for b in &layout.layers[i + 1..] {
                    prop_assert!(a.z_index != b.z_index || !overlap(a, b));
                }
            }
            for candidate in &candidates {
                if candidate.requested == "off-canvas" {
                    prop_assert!(!seen.contains(candidate.member_id));
                }
            }
        }
    }

    #[test]
    fn a_responsive_grid_has_a_place_for_everybody() {
        for (name, count, columns) in [
            ("grid-responsive", 2, 2.0),
            ("grid-responsive", 5, 3.0),
            ("grid-responsive-mobile", 2, 1.0),
            ("grid-responsive-mobile", 5, 2.0),
        ] {
            let names = members(count);
            let layout = arrange(name, &auto(&names));
            assert_eq!(layout.layers.len(), count);
            assert!(
                (layout.layers[0].width - 100.0 / columns).abs() < 1e-9,
                "{name}"
            );
        }
    }

    #[test]
    fn wishes_come_first_and_a_screen_is_large() {
        let names = members(3);
        let mut candidates = auto(&names);
        candidates[2].requested = "reserved-1";
        let layout = arrange("highlight-1-responsive", &candidates);
        assert_eq!(layout.layers.len(), 6);
        assert_eq!(layout.layers[0].member_id.as_deref(), Some("m2"));
        assert_eq!(layout.layers[1].member_id.as_deref(), Some("m0"));
        assert_eq!(layout.layers[5].member_id, None);
        candidates[2].requested = "auto";
        candidates[1].is_screen = true;
        let layout = arrange("5up", &candidates);
        assert_eq!(layout.layers[0].member_id.as_deref(), Some("m1"));
        candidates[0].requested = "full-screen";
        let layout = arrange("2x1", &candidates);
        let top = layout.layers.last().expect("a layer");
        assert_eq!(
            (top.member_id.as_deref(), top.z_index, top.width),
            (Some("m0"), 1, 100.0)
        );
    }

    #[test]
    fn positions_are_known() {
        for good in [
            "auto",
            "reserved-0",
            "standard-12",
            "off-canvas",
            "playback",
            "full-screen",
        ] {
            assert!(is_position(good), "{good}");
        }
        for bad in ["", "standard-", "standard-x", "reserved-1234", "top"] {
            assert!(!is_position(bad), "{bad}");
        }
    }
}
