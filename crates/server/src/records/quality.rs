//! From measurements to a judgement.

use offhook_media::LegStats;
use offhook_proto::rest::LegQuality;

/// What was measured of a leg; `None` if nothing ever came or went.
pub(super) fn quality(stats: &LegStats) -> Option<LegQuality> {
    let LegStats {
        packets_received,
        packets_lost,
        packets_sent,
        ..
    } = *stats;
    if packets_received == 0 && packets_sent == 0 {
        return None;
    }
    let expected = packets_received + packets_lost;
    let loss = match expected {
        0 => 0.0,
        _ => packets_lost as f64 / expected as f64,
    };
    let jitter_ms = stats.jitter.as_secs_f64() * 1000.0;
    let round_trip_ms = stats.round_trip.map(|trip| trip.as_secs_f64() * 1000.0);
    let loss_sent = stats.remote_loss.map(f64::from);
    let worse = loss.max(loss_sent.unwrap_or(0.0));
    let mos = mos(round_trip_ms.unwrap_or(0.0), jitter_ms, 100.0 * worse);
    Some(LegQuality {
        packets_received,
        packets_lost,
        loss: rounded(loss, 4),
        jitter_ms: rounded(jitter_ms, 2),
        packets_sent,
        loss_sent: loss_sent.map(|loss| rounded(loss, 4)),
        round_trip_ms: round_trip_ms.map(|trip| rounded(trip, 2)),
        // Of a leg that said nothing there is nothing to judge.
        mos: (packets_received > 0).then(|| rounded(mos, 2)),
    })
}

/// The same as in the browser's SDK, so that both ends judge alike.
fn mos(round_trip_ms: f64, jitter_ms: f64, loss_percent: f64) -> f64 {
    let r = 93.2 - 0.024 * (round_trip_ms / 2.0 + jitter_ms) - 2.5 * loss_percent;
    let r = r.clamp(0.0, 100.0);
    (1.0 + 0.035 * r + 7e-6 * r * (r - 60.0) * (100.0 - r)).clamp(1.0, 5.0)
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn stats() -> LegStats {
        LegStats {
            packets_received: 950,
            packets_lost: 50,
            packets_sent: 1000,
            jitter: Duration::from_micros(12_345),
            round_trip: Some(Duration::from_millis(80)),
            remote_loss: Some(0.01),
            ..LegStats::default()
        }
    }

    #[test]
    fn a_leg_is_judged_by_its_worse_direction() {
        let quality = quality(&stats()).unwrap();
        assert_eq!((quality.loss, quality.jitter_ms), (0.05, 12.35));
        assert_eq!(
            (quality.loss_sent, quality.round_trip_ms),
            (Some(0.01), Some(80.0))
        );
        let by_hand = mos(80.0, 12.345, 5.0);
        assert_eq!(quality.mos, Some(rounded(by_hand, 2)));
        assert!((3.9..4.1).contains(&by_hand), "{by_hand}");
    }

    #[test]
    fn worse_is_never_better() {
        let mut last = 5.0;
        for loss in 0..60 {
            let score = mos(50.0, 5.0, f64::from(loss));
            assert!(score <= last && score >= 1.0, "{loss} % gives {score}");
            last = score;
        }
        assert!(mos(0.0, 0.0, 0.0) > 4.3);
        assert!(mos(0.0, 0.0, 100.0) < 1.01);
    }

    #[test]
    fn of_nothing_there_is_nothing_to_say() {
        assert_eq!(quality(&LegStats::default()), None);
        let silent = LegStats {
            packets_sent: 10,
            ..LegStats::default()
        };
        assert_eq!(quality(&silent).unwrap().mos, None);
    }
}
