//! Offers taken apart and answers put together, good and hostile.

use super::*;

const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n\
    a=msid-semantic: WMS x\r\n\
    m=video 50000 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:vvvv\r\n\
    a=ice-pwd:pppppppppppppppppppppppp\r\na=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\na=mid:0\r\n\
    a=candidate:1 1 udp 1 10.0.0.1 50000 typ host\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=msid:x y\r\n\
    a=candidate:1 1 udp 1 10.0.0.1 50001 typ host\r\na=sendrecv\r\n\
    m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n";

const ENGINE: &str = "v=0\r\no=engine-1.2 77 2 IN IP4 0.0.0.0\r\na=group:BUNDLE 0 1\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=msid:one track\r\na=ssrc:5 msid:one track\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=msid:two other\r\na=ssrc:6 msid:two other\r\n";

fn offer(text: &str) -> RemoteOffer {
    RemoteOffer::parse(text, Candidates::Drop, None, true).expect("a good offer")
}

#[test]
fn audio_and_video_are_kept_and_what_they_lack_is_borrowed_from_the_bundle() {
    let dropped = offer(OFFER);
    assert_eq!(dropped.text.matches("m=").count(), 2);
    assert!(dropped.text.contains("a=group:BUNDLE 0 1\r\n"));
    assert_eq!(dropped.text.matches("a=ice-ufrag:vvvv").count(), 2);
    assert!(!dropped.text.contains("a=candidate"));
    assert!(!dropped.text.contains("a=msid"));
    assert_eq!(dropped.fingerprint, "a=fingerprint:sha-256 aa:bb");
    assert_eq!(
        (dropped.video.as_deref(), dropped.audio.as_deref()),
        (Some("0"), Some("1"))
    );
    let kept = RemoteOffer::parse(OFFER, Candidates::Keep, None, true).expect("a good offer");
    assert!(kept.text.contains("50001 typ host"));
}

#[test]
fn the_answer_has_every_section_in_its_place_and_one_stream() {
    let answer = offer(OFFER).complete(ENGINE, None).expect("an answer");
    let media: Vec<&str> = answer.lines().filter(|l| l.starts_with("m=")).collect();
    assert_eq!(
        media,
        [
            "m=video 9 UDP/TLS/RTP/SAVPF 96",
            "m=audio 9 UDP/TLS/RTP/SAVPF 111",
            "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"
        ]
    );
    for mid in ["a=mid:0", "a=mid:1", "a=mid:2"] {
        assert_eq!(answer.matches(mid).count(), 1);
    }
    assert!(answer.contains("a=group:BUNDLE 0 1\r\n"));
    assert!(answer.contains("a=msid:one other\r\n") && answer.contains("a=ssrc:6 msid:one other"));
    assert!(
        answer.contains("\r\no=- 77 2 IN IP4 0.0.0.0\r\n"),
        "the engine is not named"
    );
    assert!(complete_offer(ENGINE).contains("\r\no=- 77 2 IN IP4 0.0.0.0\r\n"));
}

#[test]
fn video_without_a_common_codec_costs_the_video_alone() {
    let engine = ENGINE.replace("m=video 9", "m=video 0");
    let answer = offer(OFFER).complete(&engine, None).expect("an answer");
    assert!(answer.contains("a=group:BUNDLE 1\r\n"));
    let engine = ENGINE.replace("m=audio 9", "m=audio 0");
    assert!(offer(OFFER).complete(&engine, None).is_err());
}

#[test]
fn without_a_bundle_there_is_one_section_and_no_bundle_in_the_answer() {
    let offer = offer(&OFFER.replace("a=group:BUNDLE 0 1 2\r\n", ""));
    assert_eq!(
        (offer.audio.as_deref(), offer.video.as_deref()),
        (Some("1"), None)
    );
    let answer = offer
        .complete("v=0\r\na=group:BUNDLE 1\r\nm=audio 9 x 1\r\n", None)
        .expect("an answer");
    assert!(!answer.contains("BUNDLE") && answer.contains("m=video 0 "));
}

/// The offer of a peer that is ready for transports of their own.
fn apart() -> String {
    OFFER.replace(
        "a=mid:1\r\n",
        "a=mid:1\r\na=ice-ufrag:aaaa\r\na=ice-pwd:qqqqqqqqqqqqqqqqqqqqqqqq\r\n",
    )
}

#[test]
fn sections_with_transports_of_their_own_are_answered_by_an_engine_each_without_a_bundle() {
    for offered in [apart(), apart().replace("a=group:BUNDLE 0 1 2\r\n", "")] {
        let offer = offer(&offered);
        assert!(offer.text.contains("m=audio ") && !offer.text.contains("m=video "));
        let alone = offer.apart.as_deref().expect("a second transport");
        assert!(alone.contains("m=video ") && !alone.contains("m=audio "));
        assert!(alone.contains("a=ice-ufrag:vvvv") && offer.text.contains("a=ice-ufrag:aaaa"));
        assert!(alone.contains("a=fingerprint:sha-256 AA:BB"));
        let audio = "v=0\r\na=group:BUNDLE 1\r\nm=audio 9 x 1\r\na=mid:1\r\na=ice-ufrag:AAAA\r\na=msid:one track\r\n";
        let video = "v=0\r\na=group:BUNDLE 0\r\nm=video 9 x 1\r\na=mid:0\r\na=ice-ufrag:VVVV\r\na=msid:two other\r\n";
        let answer = offer.complete(audio, Some(video)).expect("an answer");
        assert!(!answer.contains("BUNDLE"));
        let at = |line: &str| answer.find(line).expect("it is there");
        assert!(at("m=video 9") < at("a=ice-ufrag:VVVV"));
        assert!(at("a=ice-ufrag:VVVV") < at("m=audio 9"));
        assert!(at("m=audio 9") < at("a=ice-ufrag:AAAA"));
        assert!(answer.contains("a=msid:one other"), "one stream");
        assert!(answer.contains("m=application 0 "));
        assert!(offer.complete(audio, None).is_err());
    }
    // A video section that the engine has in its bundle stays there.
    let known = RemoteOffer::parse(&apart(), Candidates::Drop, Some("0"), true);
    assert!(known.expect("a good offer").apart.is_none());
}

#[test]
fn a_stopped_video_section_is_shown_to_the_engine_as_inactive() {
    let text = OFFER.replace("m=video 50000", "m=video 0");
    let offer = RemoteOffer::parse(&text, Candidates::Drop, Some("0"), true).expect("a good offer");
    assert!(offer.text.contains("m=video 9 ") && offer.text.contains("a=inactive"));
    assert_eq!(offer.video, None);
    let answer = offer.complete(ENGINE, None).expect("an answer");
    assert!(answer.contains("m=video 0 ") && answer.contains("a=group:BUNDLE 1\r\n"));
}

#[test]
fn an_endpoint_of_sound_alone_refuses_pictures() {
    let offer = RemoteOffer::parse(OFFER, Candidates::Keep, None, false).expect("a good offer");
    assert_eq!((offer.audio.as_deref(), offer.video), (Some("1"), None));
}

#[test]
fn two_offers_stand_side_by_side_in_one_stream_and_no_bundle() {
    let sound = "v=0\r\no=engine 1 1 IN IP4 0.0.0.0\r\na=group:BUNDLE a\r\na=ice-lite\r\n\
        m=audio 9 x 111\r\na=mid:a\r\na=ice-ufrag:one\r\na=msid:s t\r\n";
    let picture = "v=0\r\no=engine 2 1 IN IP4 0.0.0.0\r\na=group:BUNDLE v\r\na=ice-lite\r\n\
        m=video 9 x 96\r\na=mid:v\r\na=ice-ufrag:two\r\na=msid:q r\r\n";
    assert_eq!(
        side_by_side(sound, picture),
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\na=ice-lite\r\n\
        m=audio 9 x 111\r\na=mid:a\r\na=ice-ufrag:one\r\na=msid:s t\r\n\
        m=video 9 x 96\r\na=mid:v\r\na=ice-ufrag:two\r\na=msid:s r\r\n"
    );
}

#[test]
fn what_cannot_be_used_is_refused_with_a_reason() {
    let neither = OFFER
        .replace("m=audio", "m=text")
        .replace("m=video", "m=text");
    let long = format!("{OFFER}{}", "a=x\r\n".repeat(SDP_BYTES));
    let many = format!(
        "v=0\r\n{}",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(100)
    );
    for bad in [
        "",
        "hello",
        "v=0\r\n",
        "v=0\r\nnonsense\r\n",
        "v=0\r\nm=audio\r\n",
    ] {
        assert!(matches!(
            RemoteOffer::parse(bad, Candidates::Drop, None, true),
            Err(MediaError::Sdp(_))
        ));
    }
    for bad in [&neither, &long, &many] {
        assert!(matches!(
            RemoteOffer::parse(bad, Candidates::Drop, None, true),
            Err(MediaError::Sdp(_))
        ));
    }
    assert!(
        offer(OFFER)
            .complete("v=0\r\nm=audio 9 x 1\r\n", None)
            .is_err()
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(text in "(v=0\r\n)?([a-z]=[ -~]{0,40}\r?\n|m=(audio|video) [0-9]{1,3} UDP/TLS/RTP/SAVPF [ -~]{0,9}\n|a=mid:[a-c]\n|.{0,20}\n){0,30}") {
        if let Ok(offer) = RemoteOffer::parse(&text, Candidates::Keep, Some("a"), true) {
            proptest::prop_assert!(offer.text.starts_with("v=0\r\n"));
            // The engine answers what it was given: every section comes back, once and in order.
            if let Ok(answer) = offer.complete(&offer.text, offer.apart.as_deref()) {
                let kinds = |sdp: &str| sdp.lines().filter(|l| l.starts_with("m="))
                    .map(|l| l.split(' ').next().unwrap_or_default().to_owned()).collect::<Vec<_>>();
                proptest::prop_assert_eq!(kinds(&answer), kinds(&text));
            }
        }
        for video in [AnsweredVideo::None, AnsweredVideo::Bundled, AnsweredVideo::Apart] {
            let _ = RemoteAnswer::parse(&text, Candidates::Drop, video);
        }
    }
}
