//! Calls whose media, socket, server or page goes away: what is done, when, and what the application is told of it.

mod world;

use offhook_core::engine::EngineConfig;
use offhook_core::input::{Command, Input, MediaOptions, PeerState};
use offhook_core::json::{at, parse, str_of};
use offhook_core::tuning::Tuning;
use world::{Answer, World};

fn tuned(tuning: Tuning) -> EngineConfig {
    EngineConfig {
        tuning,
        ..EngineConfig::default()
    }
}

fn reattaching(stored: Vec<(String, String)>) -> EngineConfig {
    EngineConfig {
        reattach: true,
        stored,
        ..EngineConfig::default()
    }
}

#[test]
fn lost_media_is_told_once_however_many_restarts_it_takes() {
    let (mut world, call) = World::talking(EngineConfig::default());
    world.heals = false;
    let lost = world.now.mono_ms;
    world.peer(&call, PeerState::Disconnected);
    world.pass(2_900);
    assert!(world.told.is_empty(), "it may come back by itself");
    world.pass(5_200);
    assert_eq!(world.told, ["Recovering"]);
    let restarts = world.restarts();
    assert_eq!(restarts, [(lost + 3_000, false), (lost + 8_000, true)]);
    world.heals = true;
    world.pass(5_000);
    assert_eq!(world.told, ["Recovering", "Connected"]);
    // Another time is another time: it begins with the grace, and counts from one.
    world.told.clear();
    world.peer(&call, PeerState::Disconnected);
    world.pass(3_100);
    assert_eq!(world.told, ["Recovering", "Connected"]);
}

#[test]
fn a_call_that_ends_before_it_is_set_up_is_an_error_of_the_client_too() {
    let mut world = World::new(EngineConfig::default());
    world.answer = Answer::Never;
    let call = world.dial("/private/bob");
    world.told.clear();
    let bye = format!(r#"{{"callID":"{call}","cause":"USER_BUSY","causeCode":"17"}}"#);
    world.verto("verto.bye", &bye);
    let end = [
        "client CallCreateError",
        "ended USER_BUSY remote",
        "Disconnected",
        "Destroyed",
    ];
    assert_eq!(world.told, end);
}

/// The server ends the call since it has heard nothing of it.
fn media_times_out(world: &mut World, call: &str) {
    let bye = format!(r#"{{"callID":"{call}","cause":"MEDIA_TIMEOUT","causeCode":"804"}}"#);
    world.verto("verto.bye", &bye);
}

#[test]
fn a_call_that_the_server_ended_for_its_lost_media_is_offered_once_more() {
    let (mut world, call) = World::talking(EngineConfig::default());
    world.peer(&call, PeerState::Disconnected);
    world.told.clear();
    media_times_out(&mut world, &call);
    assert_eq!(world.told, ["Recovering", "Connected"]);
    assert_eq!((world.count("verto.modify"), world.anew), (1, 1));
    // Another loss is another question.
    world.told.clear();
    media_times_out(&mut world, &call);
    assert_eq!(world.told, ["Recovering", "Connected"]);
}

#[test]
fn a_server_that_means_it_is_believed() {
    // It does not hold the call any more, refuses, or says it again.
    for answer in [Answer::Gone, Answer::No, Answer::Never] {
        let (mut world, call) = World::talking(EngineConfig::default());
        world.answer = answer;
        world.heals = false;
        media_times_out(&mut world, &call);
        if matches!(answer, Answer::Never) {
            assert_eq!(world.told, ["Recovering"]);
            media_times_out(&mut world, &call);
        }
        let end = [
            "Recovering",
            "ended MEDIA_TIMEOUT remote",
            "Disconnected",
            "Destroyed",
        ];
        assert_eq!(world.told, end);
        assert_eq!(world.count("verto.modify"), 1);
    }
}

#[test]
fn other_ends_are_not_questioned_nor_is_any_where_that_is_not_wanted() {
    let unquestioning = tuned(Tuning {
        question_hangup: false,
        ..Tuning::default()
    });
    let (mut world, call) = World::talking(unquestioning);
    media_times_out(&mut world, &call);
    let end = |cause: &str| {
        [
            format!("ended {cause} remote"),
            "Disconnected".into(),
            "Destroyed".into(),
        ]
    };
    assert_eq!(world.told, end("MEDIA_TIMEOUT"));
    let (mut world, call) = World::talking(EngineConfig::default());
    let bye = format!(r#"{{"callID":"{call}","cause":"NORMAL_CLEARING","causeCode":"16"}}"#);
    world.verto("verto.bye", &bye);
    assert_eq!(world.told, end("NORMAL_CLEARING"));
}

#[test]
fn what_comes_back_within_the_grace_is_not_told_at_all() {
    let (mut world, call) = World::talking(EngineConfig::default());
    world.peer(&call, PeerState::Disconnected);
    world.pass(2_000);
    world.peer(&call, PeerState::Connected);
    world.pass(20_000);
    assert!(world.told.is_empty());
    assert!(world.restarts().is_empty());
}

#[test]
fn a_call_that_cannot_be_restored_ends_once_with_the_cause() {
    let (mut world, call) = World::talking(EngineConfig::default());
    world.heals = false;
    world.peer(&call, PeerState::Failed);
    world.pass(60_000);
    assert_eq!(
        world.told,
        [
            "Recovering",
            "ended MEDIA_TIMEOUT local",
            "fatal NetworkError",
            "Failed",
            "Destroyed"
        ]
    );
    assert_eq!((world.restarts().len(), world.count("verto.bye")), (3, 1));
}

#[test]
fn the_settings_of_recovery_are_heeded() {
    let (mut world, call) = World::talking(tuned(Tuning {
        grace_ms: 700,
        restart_ms: 1_000,
        restarts: 4,
        relay_fallback: false,
        ..Tuning::default()
    }));
    world.heals = false;
    let lost = world.now.mono_ms;
    world.peer(&call, PeerState::Disconnected);
    world.pass(60_000);
    let expected = [700, 1_700, 2_700, 3_700].map(|after| (lost + after, false));
    assert_eq!(world.restarts(), expected);
    assert_eq!(world.told.last().map(String::as_str), Some("Destroyed"));
}

#[test]
fn half_a_minute_without_signalling_costs_no_attempt_and_the_restart_comes_with_the_session() {
    let (mut world, call) = World::talking(EngineConfig::default());
    world.cut();
    world.pass(5_000);
    world.peer(&call, PeerState::Disconnected);
    world.pass(15_000);
    world.peer(&call, PeerState::Failed);
    world.pass(10_000);
    assert_eq!(
        world.told,
        ["Recovering"],
        "told while there is no signalling"
    );
    assert!(
        world.restarts().is_empty(),
        "nothing can be offered to nobody"
    );
    world.reachable = true;
    world.tell(Input::Network { online: true });
    assert_eq!(world.restarts().len(), 1, "at once");
    assert_eq!(world.told, ["Recovering", "Connected"]);
}

#[test]
fn half_a_minute_on_a_socket_that_only_seems_to_live_costs_no_attempt_either() {
    for told_offline in [true, false] {
        let (mut world, call) = World::talking(EngineConfig::default());
        world.hole = true;
        if told_offline {
            world.tell(Input::Network { online: false });
        }
        world.pass(5_000);
        world.peer(&call, PeerState::Disconnected);
        world.pass(10_000);
        world.peer(&call, PeerState::Failed);
        world.pass(45_000);
        assert_eq!(world.told, ["Recovering"]);
        world.hole = false;
        if told_offline {
            assert!(world.restarts().is_empty());
            world.tell(Input::Network { online: true });
        }
        world.pass(10_000);
        assert_eq!(world.told, ["Recovering", "Connected"]);
    }
}

#[test]
fn media_that_is_lost_for_longer_than_a_call_is_kept_ends_it() {
    let (mut world, call) = World::talking(EngineConfig::default());
    world.cut();
    world.peer(&call, PeerState::Failed);
    world.pass(299_000);
    assert_eq!(world.told, ["Recovering"]);
    world.pass(3_000);
    assert_eq!(
        world.told[1..],
        [
            "ended MEDIA_TIMEOUT local",
            "fatal NetworkError",
            "Failed",
            "Destroyed"
        ]
    );
}

#[test]
fn a_call_that_the_server_no_longer_holds_ends_with_the_servers_cause() {
    let (mut world, call) = World::talking(EngineConfig::default());
    world.answer = Answer::Gone;
    world.peer(&call, PeerState::Failed);
    world.pass(10_000);
    assert_eq!(
        world.told,
        [
            "Recovering",
            "ended NORMAL_CLEARING remote",
            "Disconnected",
            "Destroyed"
        ]
    );
    assert_eq!(world.count("verto.bye"), 0, "there is nobody to say it to");
}

#[test]
fn a_server_that_was_started_anew_gets_an_offer_for_every_call_at_once() {
    let (mut world, _) = World::talking(EngineConfig::default());
    let other = world.dial("/public/room");
    world.answered(&other);
    world.told.clear();
    world.restart_server();
    world.pass(200);
    assert_eq!(world.restarts().len(), 2);
    assert_eq!(world.anew, 2, "the peers know that DTLS begins again");
    let relay = format!(r#"[{{"urls":"turn:{}"}}]"#, world.run);
    assert_eq!(world.relays, [relay.clone(), relay], "of the new session");
    assert_eq!(
        world.told,
        ["Recovering", "Recovering", "Connected", "Connected"]
    );
    // The same server again: nothing of the kind.
    world.told.clear();
    world.cut();
    world.reachable = true;
    world.pass(5_000);
    assert!(world.ready);
    assert_eq!((world.restarts().len(), world.told.len()), (2, 0));
    assert_eq!(world.anew, 2);
}

#[test]
fn only_the_first_attempt_after_that_replaces_a_connection() {
    let (mut world, call) = World::talking(EngineConfig::default());
    world.heals = false;
    world.restart_server();
    world.pass(200);
    world.peer(&call, PeerState::Disconnected);
    world.pass(12_000);
    assert!(world.restarts().len() > 1, "{:?}", world.restarts());
    assert_eq!(world.anew, 1);
}

#[test]
fn a_connection_that_never_noticed_the_restart_of_the_server_counts_as_restored_when_its_time_is_up()
 {
    let (mut world, _) = World::talking(EngineConfig::default());
    world.heals = false;
    world.restart_server();
    world.pass(4_000);
    assert_eq!(world.told, ["Recovering"]);
    world.pass(2_000);
    assert_eq!(world.told, ["Recovering", "Connected"]);
}

#[test]
fn calls_that_nobody_had_answered_end_with_the_server_that_knew_them() {
    let mut world = World::new(EngineConfig::default());
    world.dial("/private/agent");
    world.verto(
        "verto.invite",
        r#"{"callID":"in","sdp":"v=0 m=audio","callee_id_number":"/private/me"}"#,
    );
    world.told.clear();
    world.restart_server();
    world.pass(200);
    let ended = [
        "ended TEMPORARY_FAILURE remote",
        "Disconnected",
        "Destroyed",
    ];
    assert_eq!(world.told, [ended, ended].concat());
}

#[test]
fn a_restart_that_is_asked_for_without_signalling_waits_for_it() {
    let (mut world, call) = World::talking(EngineConfig::default());
    world.cut();
    let ask = || Command::RestartIce {
        call: call.clone(),
        relay_only: false,
        broken: false,
    };
    world.command(ask());
    world.pass(20_000);
    assert!(world.restarts().is_empty());
    world.reachable = true;
    world.pass(5_000);
    assert_eq!(world.restarts().len(), 1);
    assert!(
        world.told.is_empty(),
        "nothing was broken: {:?}",
        world.told
    );
}

#[test]
fn media_that_is_dead_on_a_connection_that_is_up_is_told_once_either_way() {
    let dead = |call: &str| Command::RestartIce {
        call: call.to_owned(),
        relay_only: false,
        broken: true,
    };
    let (mut world, call) = World::talking(EngineConfig::default());
    world.heals = false;
    world.command(dead(&call));
    world.pass(4_000);
    assert_eq!(world.told, ["Recovering"]);
    world.peer(&call, PeerState::Connected);
    world.pass(30_000);
    assert_eq!(world.told, ["Recovering", "Connected"]);
    world.told.clear();
    world.command(dead(&call));
    world.pass(30_000);
    assert_eq!(world.restarts().len(), 4, "once, and three times");
    assert_eq!(
        world.told,
        [
            "Recovering",
            "ended MEDIA_TIMEOUT local",
            "fatal NetworkError",
            "Failed",
            "Destroyed"
        ]
    );
}

#[test]
fn only_the_answer_to_the_last_offer_counts() {
    let (mut world, call) = World::talking(EngineConfig::default());
    let applied = world.applied;
    world.answer = Answer::Never;
    world.command(Command::RestartIce {
        call: call.clone(),
        relay_only: false,
        broken: false,
    });
    world.answer = Answer::Yes;
    world.command(Command::RestartIce {
        call,
        relay_only: false,
        broken: false,
    });
    world.pass(20_000);
    assert_eq!(world.applied, applied + 1);
    assert!(
        world.told.is_empty(),
        "the first one's time-out is of no interest: {:?}",
        world.told
    );
}

#[test]
fn how_long_and_how_often_an_offer_may_fail_is_a_setting() {
    for (reoffer_ms, reoffers) in [(5_000, 3), (1_000, 2)] {
        let (mut world, call) = World::talking(tuned(Tuning {
            reoffer_ms,
            reoffers,
            restart_ms: 10_000,
            ..Tuning::default()
        }));
        world.answer = Answer::Never;
        let mut asked = 0;
        while world.told.is_empty() {
            asked += 1;
            assert!(asked <= reoffers, "it is never told");
            world.command(Command::RestartIce {
                call: call.clone(),
                relay_only: false,
                broken: false,
            });
            world.pass(reoffer_ms - 100);
            assert!(world.told.is_empty(), "its time is not up");
            world.pass(200);
        }
        assert_eq!(
            (asked, world.told.as_slice()),
            (reoffers, &["RPCTimeoutError".to_owned()][..])
        );
    }
}

#[test]
fn what_is_looked_at_when_the_network_or_the_page_comes_back_is_a_setting() {
    for (watch, input) in [
        (true, Input::Network { online: true }),
        (false, Input::Network { online: true }),
        (true, Input::Visible { visible: true }),
        (false, Input::Visible { visible: true }),
    ] {
        let mut world = World::new(tuned(Tuning {
            watch_network: watch,
            check_on_visible: watch,
            delay_min_ms: 60_000,
            delay_max_ms: 60_000,
            ..Tuning::default()
        }));
        world.cut();
        world.reachable = true;
        world.pass(1_000);
        assert!(!world.ready, "it waits for half a minute at least");
        world.tell(input);
        assert_eq!(world.ready, watch);
    }
}

#[test]
fn a_socket_that_only_seems_to_live_is_found_out_when_the_network_or_the_page_is_back() {
    for input in [
        || Input::Network { online: true },
        || Input::Visible { visible: true },
    ] {
        let mut world = World::new(EngineConfig::default());
        world.tell(input());
        world.pass(20_000);
        assert_eq!(world.count("signalwire.connect"), 1, "it answers");
        world.hole = true;
        world.tell(input());
        world.pass(2_900);
        world.hole = false;
        assert!(world.ready);
        world.hole = true;
        world.pass(100);
        assert!(!world.ready, "given up after three seconds");
        world.hole = false;
        world.pass(1_000);
        assert!(world.ready);
        assert_eq!(world.count("signalwire.connect"), 2);
    }
}

// A page that is loaded again.

#[test]
fn what_the_next_page_needs_is_kept_while_the_call_goes_on_and_forgotten_with_it() {
    let mut world = World::new(reattaching(vec![]));
    assert_eq!(world.attachments(), None);
    let call = world.dial("/private/agent?channel=audio");
    let kept = parse(world.attachments().expect("kept once the server has it")).unwrap();
    let record = at(&kept, &[&call]).unwrap();
    assert_eq!(
        str_of(record, "destination"),
        Some("/private/agent?channel=audio")
    );
    assert_eq!(str_of(record, "nodeId"), Some("N"));
    assert_eq!(
        World::written(at(record, &["mediaDirections"]).unwrap()),
        r#"{"audio":"sendrecv","video":"inactive"}"#
    );
    world.answered(&call);
    world.command(Command::Hangup { call });
    assert_eq!(world.attachments(), None);
}

#[test]
fn without_the_option_nothing_is_kept_and_what_was_is_forgotten() {
    let (world, _) = World::talking(EngineConfig {
        stored: vec![(
            "sw:sub:att".into(),
            r#"{"c":{"destination":"/x","attachedAt":1800000000000}}"#.into(),
        )],
        ..EngineConfig::default()
    });
    assert_eq!(world.attachments(), None);
    assert_eq!(world.count("verto.invite"), 1, "the dial alone");
}

/// What a page leaves that was loaded in a call, with the microphone muted.
fn left() -> (Vec<(String, String)>, String) {
    let (mut world, call) = World::talking(reattaching(vec![]));
    world.command(Command::SetMuted {
        call: call.clone(),
        video: false,
        muted: true,
    });
    (world.stored, call)
}

#[test]
fn the_next_page_takes_the_call_up_as_it_was() {
    let (stored, call) = left();
    let mut world = World::new(reattaching(stored));
    assert_eq!(world.calls, [call.as_str()], "the same call");
    let (_, invite) = world
        .seen
        .iter()
        .find(|(name, _)| name == "verto.invite")
        .unwrap();
    for flag in ["attach", "reattaching"] {
        assert_eq!(
            World::written(at(invite, &["dialogParams", flag]).unwrap()),
            "true"
        );
    }
    let plan = world.plan.unwrap();
    assert!(
        plan.send_audio && plan.receive_audio && plan.audio_muted,
        "muted stays muted: {plan:?}"
    );
    assert!(!(plan.send_video || plan.receive_video));
    world.answered(&call);
    assert_eq!(world.told, ["New", "Trying", "Connecting", "Connected"]);
    assert!(world.attachments().is_some(), "it may be loaded again");
}

#[test]
fn a_call_that_rings_rings_on_in_the_next_page() {
    let mut world = World::new(reattaching(vec![]));
    world.verto(
        "verto.invite",
        r#"{"callID":"in","sdp":"v=0 m=audio","callee_id_number":"/private/me","caller_id_number":"/private/them"}"#,
    );
    let mut world = World::new(reattaching(world.stored));
    assert_eq!(
        (world.told.as_slice(), world.count("verto.invite")),
        (&["Ringing".to_owned()][..], 0)
    );
    world.command(Command::Answer {
        call: "in".into(),
        options: MediaOptions::default(),
    });
    assert_eq!(world.count("verto.answer"), 1);
    world.peer("in", PeerState::Connected);
    assert_eq!(world.told, ["Ringing", "Connecting", "Connected"]);
    // It is a call like any other: the page after that takes it up.
    let world = World::new(reattaching(world.stored));
    assert_eq!(world.count("verto.invite"), 1);
}

#[test]
fn a_call_that_is_over_is_told_once_and_forgotten() {
    let (stored, _) = left();
    let config = reattaching(stored);
    let mut world = World::new(EngineConfig {
        skip_connection: true,
        ..config
    });
    world.answer = Answer::Gone;
    world.command(Command::Connect);
    world.pass(30_000);
    assert_eq!(
        world.told,
        [
            "New",
            "client RecoveryError",
            "ended INVALID_CALL_REFERENCE remote",
            "Disconnected",
            "Destroyed"
        ]
    );
    assert_eq!(
        (world.count("verto.invite"), world.count("verto.bye")),
        (1, 0)
    );
    assert_eq!(world.attachments(), None);
}

#[test]
fn a_server_that_cannot_yet_is_asked_three_times() {
    let (stored, _) = left();
    let mut world = World::new(EngineConfig {
        skip_connection: true,
        ..reattaching(stored)
    });
    world.answer = Answer::No;
    world.command(Command::Connect);
    world.pass(1_900);
    assert_eq!(world.count("verto.invite"), 1);
    world.pass(200);
    assert_eq!(world.count("verto.invite"), 2);
    world.pass(3_000);
    assert_eq!(world.count("verto.invite"), 3);
    assert_eq!(world.count("verto.bye"), 1, "it may hold the call");
    assert_eq!(
        world
            .told
            .iter()
            .filter(|told| told.starts_with("client"))
            .count(),
        1
    );
    world.pass(60_000);
    assert_eq!(world.count("verto.invite"), 3);
}

#[test]
fn a_call_that_ends_while_it_is_taken_up_is_told_once() {
    let (stored, call) = left();
    let mut world = World::new(EngineConfig {
        skip_connection: true,
        ..reattaching(stored)
    });
    world.answer = Answer::Never;
    world.command(Command::Connect);
    world.verto(
        "verto.bye",
        &format!(r#"{{"callID":"{call}","cause":"NORMAL_CLEARING","causeCode":16}}"#),
    );
    world.pass(60_000);
    assert_eq!(
        world.told,
        [
            "New",
            "client RecoveryError",
            "ended NORMAL_CLEARING remote",
            "Disconnected",
            "Destroyed"
        ]
    );
    assert_eq!(world.attachments(), None);
}

#[test]
fn what_is_too_old_or_makes_no_sense_is_not_taken_up() {
    let old = format!(
        r#"{{"c":{{"destination":"/x","attachedAt":{}}}}}"#,
        1_800_000_000_000u64 - 300_001
    );
    for text in [
        old.as_str(),
        "",
        "[1]",
        r#"{"c":7,"d":{"attachedAt":1800000000000}}"#,
    ] {
        let world = World::new(reattaching(vec![("sw:sub:att".into(), text.into())]));
        assert_eq!(world.count("verto.invite"), 0, "{text}");
        assert_eq!(world.attachments(), None, "{text}");
    }
    let other = World::new(reattaching(vec![(
        "sw:other:att".into(),
        r#"{"c":{"destination":"/x","attachedAt":1800000000000}}"#.into(),
    )]));
    assert_eq!(other.count("verto.invite"), 0, "another user's");
}
