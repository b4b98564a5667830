//! The life of credentials in simulated time: the table of wire-protocol.md 4.1, each promise by name, and chance.
mod chance;
mod server;
mod world;

use miniserde::json::Value;
use offhook_core::input::Command;
use world::{Faults, Setting, World};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn fetch() -> Command {
    Command::Fetch {
        method: "GET".into(),
        target: "/api/fabric/addresses".into(),
        body: None::<Value>,
    }
}

// Which mechanism is active.

#[test]
fn with_refresh_and_scope_the_key_renews_and_the_provider_is_not_asked() {
    let setting = Setting {
        scoped: true,
        ..Setting::default()
    };
    let mut world = World::started(1, setting);
    world.run(2 * HOUR);
    let tab = &world.tabs[0];
    assert!(tab.ready && tab.bound);
    assert_eq!(
        (tab.renewal.as_str(), tab.refreshes, tab.authenticates),
        ("client-bound", 0, 1)
    );
    assert!(world.server.renewals >= 12);
    assert_eq!(world.server.connects, 1, "the session was never lost");
}

#[test]
fn with_refresh_and_no_scope_the_provider_renews() {
    let mut world = World::started(2, Setting::default());
    world.run(2 * HOUR);
    let tab = &world.tabs[0];
    assert!(tab.ready && !tab.bound);
    assert_eq!(
        (tab.renewal.as_str(), world.server.renewals),
        ("provider", 0)
    );
    assert!((12..=16).contains(&tab.refreshes), "{}", tab.refreshes);
    assert_eq!(
        world.server.connects, 1,
        "every new token reached the live session"
    );
}

#[test]
fn with_scope_and_no_refresh_the_key_renews() {
    let setting = Setting {
        scoped: true,
        can_refresh: false,
        ..Setting::default()
    };
    let mut world = World::started(3, setting);
    world.run(2 * HOUR);
    let tab = &world.tabs[0];
    assert!(tab.ready && tab.bound);
    assert_eq!((tab.authenticates, world.server.connects), (1, 1));
    assert!(tab.warnings.is_empty(), "{:?}", tab.warnings);
}

#[test]
fn with_neither_the_first_credential_serves_for_the_session_and_its_end_is_announced() {
    let setting = Setting {
        can_refresh: false,
        ..Setting::default()
    };
    let mut world = World::started(4, setting);
    assert_eq!(world.tabs[0].warnings, ["credential_no_refresh_handler"]);
    world.run(9 * MINUTE);
    assert!(world.tabs[0].ready);
    world.run(5 * MINUTE);
    let tab = &world.tabs[0];
    assert!(!tab.ready);
    assert_eq!((tab.authenticates, tab.attempts), (1, 0));
    assert_eq!(tab.errors, ["InvalidCredentialsError"]);
}

#[test]
fn without_a_key_the_scope_is_of_no_use_and_the_fallback_is_told() {
    let setting = Setting {
        scoped: true,
        key: false,
        ..Setting::default()
    };
    let mut world = World::started(5, setting);
    assert_eq!(world.tabs[0].warnings, ["credential_refresh_fallback"]);
    world.run(HOUR);
    assert!(world.tabs[0].ready && world.tabs[0].refreshes >= 6);
}

// The promises.

#[test]
fn a_rejected_refresh_stops_the_schedule_and_does_not_end_the_session() {
    let mut world = World::started(10, Setting::default());
    world.faults = Faults {
        rejects: 100,
        ..Faults::default()
    };
    world.run(9 * MINUTE + 50_000);
    let tab = &world.tabs[0];
    assert!(
        tab.ready,
        "the session goes on until the credential expires"
    );
    assert_eq!(
        (tab.refreshes, tab.errors.as_slice()),
        (1, &["TokenRefreshError".to_owned()][..])
    );
    assert_eq!(tab.warnings, ["credential_refresh_stopped"]);
    world.run(HOUR);
    assert_eq!(world.tabs[0].refreshes, 1);
    // World::must_live saw to it that the dead token was shown to nobody but as part of a resume.
    assert!(world.server.connects <= 2, "{}", world.server.connects);
}

#[test]
fn a_failing_endpoint_falls_back_to_the_provider_in_time() {
    let setting = Setting {
        scoped: true,
        ..Setting::default()
    };
    let mut world = World::started(11, setting);
    assert!(world.tabs[0].bound);
    world.faults = Faults {
        broken: 100,
        ..Faults::default()
    };
    world.run(HOUR);
    let tab = &world.tabs[0];
    assert!(
        tab.ready && tab.refreshes >= 5,
        "{} {:?}",
        tab.refreshes,
        world.log
    );
    assert!(
        tab.warnings
            .contains(&"credential_refresh_fallback".to_owned())
    );
    assert_eq!(world.server.connects, 1, "the session was never lost");
    world.faults = Faults::default();
    world.run(HOUR);
    assert!(
        world.tabs[0].bound,
        "the key is tried again when the endpoint may be back"
    );
}

#[test]
fn a_passing_fault_of_the_endpoint_is_met_with_another_attempt() {
    let setting = Setting {
        scoped: true,
        can_refresh: false,
        ..Setting::default()
    };
    let mut world = World::started(12, setting);
    world.run(7 * MINUTE);
    world.faults = Faults {
        broken: 100,
        ..Faults::default()
    };
    world.run(2 * MINUTE);
    assert!(world.tabs[0].ready);
    world.faults = Faults::default();
    world.run(HOUR);
    assert!(world.tabs[0].ready);
    assert_eq!(world.server.connects, 1);
}

#[test]
fn a_token_found_expired_is_replaced_before_anything_is_sent() {
    for (scoped, can_refresh) in [(false, true), (true, true), (true, false)] {
        let setting = Setting {
            scoped,
            can_refresh,
            ..Setting::default()
        };
        let mut world = World::started(13, setting);
        world.sleep(DAY);
        // World::must_live looks at every request.
        world.command(0, 9, fetch());
        world.run(MINUTE);
        assert!(
            world.tabs[0].ready,
            "{scoped} {can_refresh} {:?}",
            world.log
        );
        assert!(world.tabs[0].done.contains(&(9, true)));
    }
}

#[test]
fn a_wrong_device_clock_neither_expires_a_good_token_nor_keeps_a_dead_one() {
    for skew_ms in [-3 * DAY as i64, -(HOUR as i64), HOUR as i64, 3 * DAY as i64] {
        for naive in [false, true] {
            let setting = Setting {
                skew_ms,
                naive,
                ..Setting::default()
            };
            let mut world = World::started(14, setting);
            world.run(HOUR);
            let tab = &world.tabs[0];
            assert!(tab.ready, "{skew_ms} {naive} {:?}", world.log);
            assert!(
                (5..=9).contains(&tab.refreshes),
                "{skew_ms} {naive}: {}",
                tab.refreshes
            );
            assert_eq!(
                world.server.connects, 1,
                "{skew_ms} {naive} {:?}",
                world.log
            );
        }
    }
}

#[test]
fn a_step_of_the_clock_costs_nothing() {
    for step in [-3 * DAY as i64, -(HOUR as i64), HOUR as i64, 3 * DAY as i64] {
        for scoped in [false, true] {
            let setting = Setting {
                scoped,
                ..Setting::default()
            };
            let mut world = World::started(15, setting);
            world.step_clock(step);
            world.run(HOUR);
            let tab = &world.tabs[0];
            assert!(tab.ready && tab.attempts <= 10, "{step} {:?}", world.log);
            assert_eq!(world.server.connects, 1, "{step} {:?}", world.log);
        }
    }
}

#[test]
fn a_throttled_tab_renews_in_time() {
    let setting = Setting {
        life_ms: 15 * MINUTE,
        ..Setting::default()
    };
    let mut world = World::started(16, setting);
    world.throttle(0, true);
    world.run(4 * HOUR);
    assert!(world.tabs[0].ready);
    assert_eq!(world.server.connects, 1);
}

#[test]
fn offline_for_longer_than_a_life_ends_nothing() {
    for (scoped, can_refresh) in [(false, true), (true, true), (true, false)] {
        let setting = Setting {
            scoped,
            can_refresh,
            ..Setting::default()
        };
        let mut world = World::started(17, setting);
        world.set_online(false);
        world.run(3 * HOUR);
        world.set_online(true);
        world.run(2 * MINUTE);
        let tab = &world.tabs[0];
        assert!(tab.ready, "{scoped} {can_refresh} {:?}", world.log);
        assert!(tab.attempts < 400, "{}", tab.attempts);
    }
}

#[test]
fn tabs_renew_once_and_share() {
    for (scoped, can_refresh) in [(false, true), (true, false)] {
        let setting = Setting {
            tabs: 4,
            scoped,
            can_refresh,
            ..Setting::default()
        };
        let mut world = World::started(18, setting);
        world.run(3 * HOUR);
        assert!(world.tabs.iter().all(|tab| tab.ready));
        let attempts: u32 = world.tabs.iter().map(|tab| tab.attempts).sum();
        // 3 hours of ten-minute tokens: at least 18, and not four times as many.
        assert!((18..=36).contains(&attempts), "{scoped}: {attempts}");
        assert_eq!(world.server.connects, 4);
    }
}

#[test]
fn without_locks_tabs_are_no_worse_off_than_alone() {
    let setting = Setting {
        tabs: 2,
        locks: false,
        ..Setting::default()
    };
    let mut world = World::started(19, setting);
    world.run(HOUR);
    assert!(world.tabs.iter().all(|tab| tab.ready && tab.refreshes <= 9));
}

#[test]
fn a_tab_that_never_gives_the_lock_up_holds_nobody_for_long() {
    let setting = Setting {
        tabs: 2,
        ..Setting::default()
    };
    let mut world = World::started(20, setting);
    // The provider of whoever is first takes for ever.
    world.faults = Faults {
        slow_ms: 20 * HOUR,
        ..Faults::default()
    };
    while world.tabs.iter().all(|tab| tab.refreshes == 0) {
        world.run(100);
    }
    world.faults = Faults::default();
    world.run(20 * MINUTE);
    assert!(world.tabs.iter().any(|tab| tab.ready), "{:?}", world.log);
}

#[test]
fn a_reloaded_page_resumes_and_a_bound_session_stays_bound() {
    let setting = Setting {
        scoped: true,
        can_refresh: false,
        ..Setting::default()
    };
    for provider in [true, false] {
        let mut world = World::started(21, setting.clone());
        world.run(5 * MINUTE);
        world.reload(0, provider);
        world.run(10_000);
        let tab = &world.tabs[0];
        assert!(tab.ready && tab.bound, "{provider} {:?}", world.log);
        assert_eq!(tab.authenticates, u32::from(provider));
        world.run(HOUR);
        assert!(world.tabs[0].ready && world.tabs[0].bound);
    }
}

#[test]
fn the_provider_is_asked_once_before_anything_is_opened_and_its_rejection_opens_nothing() {
    let mut world = World::new(25, Setting::default());
    world.rejects_authenticate = true;
    world.command(0, 1, Command::Start);
    let tab = &world.tabs[0];
    assert_eq!((tab.authenticates, tab.opened), (1, 0), "asked first");
    world.run(HOUR);
    let tab = &world.tabs[0];
    assert_eq!((tab.authenticates, tab.opened, tab.requests), (1, 0, 0));
    assert_eq!(tab.done, [(1, false)], "whoever started it is told");
    assert_eq!(tab.errors.len(), 1, "{:?}", tab.errors);

    let mut world = World::started(25, Setting::default());
    world.run(HOUR);
    assert_eq!(world.tabs[0].authenticates, 1, "and not again");
}

#[test]
fn a_token_that_was_born_bound_is_known_as_such_and_renewed_when_it_is_due() {
    let setting = Setting {
        scoped: true,
        can_refresh: false,
        born_bound: true,
        ..Setting::default()
    };
    let mut world = World::started(30, setting);
    world.run(MINUTE);
    assert!(world.tabs[0].bound && world.tabs[0].ready);
    assert_eq!(world.server.renewals, 0, "it need not be bound again");
    world.run(HOUR);
    assert!(world.tabs[0].ready && world.server.renewals >= 5);
    assert_eq!(world.server.connects, 1);
}

#[test]
fn refresh_is_called_only_if_the_credential_in_force_says_when_it_ends() {
    let setting = Setting {
        endless: true,
        life_ms: DAY,
        ..Setting::default()
    };
    let mut world = World::started(26, setting);
    world.run(23 * HOUR);
    let tab = &world.tabs[0];
    // The server told when the token ends; the provider has not, so its `refresh()` is not asked for.
    assert_eq!((tab.refreshes, tab.renewal.as_str()), (0, "none"));
    assert_eq!(tab.warnings, ["credential_no_refresh_handler"]);
    assert!(tab.ready);
}

#[test]
fn the_warning_of_a_stopped_schedule_says_when_the_session_ends_and_it_ends_then() {
    let mut world = World::started(27, Setting::default());
    world.faults.rejects = 100;
    let end = world.tabs[0].expires.unwrap();
    while world.tabs[0].warnings.is_empty() {
        world.run(1_000);
    }
    let tab = &world.tabs[0];
    assert_eq!(tab.warnings, ["credential_refresh_stopped"]);
    assert_eq!(tab.told_end, Some(end));
    assert_eq!(tab.causes, ["away"], "the provider's own reason");
    let left = end - world.now;
    world.run(left - 1_000);
    assert!(world.tabs[0].ready, "not before");
    world.run(2_000);
    assert!(!world.tabs[0].ready);
}

#[test]
fn the_events_tell_how_long_a_credential_lasts_and_what_will_renew_it() {
    for (scoped, can_refresh, renewal) in [
        (false, true, "provider"),
        (true, false, "client-bound"),
        (true, true, "client-bound"),
        (false, false, "none"),
    ] {
        let setting = Setting {
            scoped,
            can_refresh,
            ..Setting::default()
        };
        let mut world = World::started(28, setting);
        for _ in 0..3 {
            let tab = &world.tabs[0];
            let expires = tab.expires.expect("an end");
            assert_eq!((tab.renewal.as_str(), tab.bound), (renewal, scoped));
            if renewal == "none" {
                assert_eq!(tab.next_attempt, None);
                break;
            }
            let at = tab.next_attempt.expect("a next attempt");
            assert!(world.now < at && at < expires, "{at} {expires}");
            let wait = at - world.now;
            world.run(wait + 2_000);
            assert!(world.tabs[0].expires.unwrap() > expires, "it was renewed");
        }
    }
}

#[test]
fn an_authorization_state_alone_opens_a_session() {
    let mut world = World::started(22, Setting::default());
    // The provider of the next page gives resume state in place of a token.
    world.states_only = Some("S-P1".to_owned());
    world.setting.relay = "ws://server.test/".to_owned();
    world.forget(0);
    world.reload(0, true);
    world.run(MINUTE);
    let tab = &world.tabs[0];
    assert!(tab.ready, "{:?} {:?}", tab.errors, world.log);
    assert_eq!(tab.requests, 0, "nothing over HTTP: there is no token");
    world.run(5 * MINUTE);
    assert!(world.tabs[0].ready);
    // The session it stands for ends with its token.
    world.run(HOUR);
    assert!(!world.tabs[0].ready);
}

#[test]
fn an_authorization_state_that_does_not_say_where_opens_nothing() {
    let mut world = World::new(29, Setting::default());
    world.states_only = Some("S-P1".to_owned());
    world.command(0, 1, Command::Start);
    world.run(MINUTE);
    let tab = &world.tabs[0];
    assert_eq!((tab.opened, tab.requests), (0, 0));
    assert_eq!(tab.errors, ["InvalidCredentialsError"]);
}

#[test]
fn after_disconnect_nothing_is_renewed_and_connect_takes_it_up_again() {
    let mut world = World::started(23, Setting::default());
    world.tabs[0].paused = true;
    world.command(0, 5, Command::Disconnect);
    world.run(HOUR);
    assert_eq!(world.tabs[0].attempts, 0);
    world.tabs[0].paused = false;
    world.command(0, 6, Command::Connect);
    world.run(HOUR);
    assert!(world.tabs[0].ready && world.tabs[0].refreshes >= 5);
    assert!(world.tabs[0].done.contains(&(6, true)));
}

#[test]
fn revoked_tokens_are_replaced_where_there_is_a_way() {
    for (scoped, can_refresh) in [(false, true), (true, true), (true, false)] {
        let setting = Setting {
            scoped,
            can_refresh,
            ..Setting::default()
        };
        let mut world = World::started(24, setting);
        world.run(MINUTE);
        world.server.revoke_all();
        world.run(MINUTE);
        assert!(
            world.tabs[0].ready,
            "{scoped} {can_refresh} {:?}",
            world.log
        );
    }
}

// Chance.

/// Seeds that once failed.
const KEPT: &[u64] = &[
    0, 1, 3, 5, 6, 7, 9, 13, 18, 23, 24, 26, 46, 49, 50, 71, 72, 73, 75, 79, 133, 140, 142, 156,
    160, 162, 164, 185, 218, 275, 300, 310, 355, 358, 430, 481, 612, 638, 696, 997, 1039, 1043,
    1231, 1422, 1428, 1545, 1753, 1796, 4435, 12580, 14862, 22292,
];

/// How many seeds, and the first: `cargo xtask sim` sets them.
fn seeds() -> std::ops::Range<u64> {
    let number = |name, default| {
        let set = std::env::var(name).ok();
        set.and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let first = number("OFFHOOK_SIM_FIRST", 0);
    first..first + number("OFFHOOK_SIM_SEEDS", 10_000)
}

/// One device, for an hour or a week, as chance will have it.
fn live(seed: u64) {
    let mut chance = chance::Chance::new(seed ^ 0xdead_beef);
    let mut roll = move |below| chance.roll(below);
    let mechanism = roll(3);
    let setting = Setting {
        life_ms: [20_000, MINUTE, 5 * MINUTE, 15 * MINUTE, 2 * HOUR][roll(5) as usize],
        can_refresh: mechanism != 1,
        scoped: mechanism != 0,
        key: roll(8) != 0 || mechanism == 1,
        naive: roll(4) == 0,
        skew_ms: if roll(2) == 0 {
            0
        } else {
            roll(6 * DAY) as i64 - 3 * DAY as i64
        },
        tabs: 1 + roll(3) as usize,
        locks: roll(4) != 0,
        ..Setting::default()
    };
    let mut world = World::started(seed, setting.clone());
    let faulty = Faults {
        lost: roll(40),
        answer_lost: roll(20),
        broken: roll(40),
        limited: roll(20),
        slow_ms: roll(4) * 1_500,
        rejects: if roll(3) == 0 { 5 } else { 0 },
    };
    let begun = world.now;
    let mut slept = 0;
    for step in 0..24 {
        let tab = roll(world.tabs.len() as u64) as usize;
        match roll(12) {
            0 => world.cut(),
            1 => world.set_online(false),
            2 => world.set_online(true),
            3 => {
                let most = [MINUTE, HOUR, 2 * DAY][roll(3) as usize];
                let ms = roll(most);
                slept += ms;
                world.sleep(ms);
            }
            4 => world.step_clock(roll(6 * DAY) as i64 - 3 * DAY as i64),
            5 => world.step_clock(roll(2 * MINUTE) as i64 - MINUTE as i64),
            6 => world.reload(tab, true),
            7 => world.faults = faulty,
            8 => world.faults = Faults::default(),
            9 => world.throttle(tab, roll(2) == 0),
            10 if roll(4) == 0 => world.server.revoke_all(),
            _ => world.command(tab, 100 + step, fetch()),
        }
        let most = [5_000, MINUTE, 5 * MINUTE][roll(3) as usize];
        world.run(roll(most));
    }
    let minutes = ((world.now - begun) / MINUTE) as u32 + 1;
    // At worst one attempt a second of a token's last seconds, and two rounds for each sleep, cut or reload.
    let most =
        120 + minutes * (2 + 60_000 / u32::try_from(setting.life_ms.min(MINUTE)).unwrap() * 25);
    for tab in 0..world.tabs.len() {
        if world.tabs[tab].attempts > most {
            let attempts = world.tabs[tab].attempts;
            world.fail(&format!(
                "a storm: {attempts} renewals in {minutes} minutes, {slept} ms asleep"
            ));
        }
    }
    // Everything is well again: whoever has a way to renew is there, and stays.
    world.faults = Faults::default();
    world.set_online(true);
    world.run(20_000);
    for tab in 0..world.tabs.len() {
        world.throttle(tab, false);
        if !world.tabs[tab].was_ready {
            // Starting failed while nothing worked; the application tries again.
            world.command(tab, 900, Command::Connect);
        }
    }
    world.run(3 * MINUTE);
    for round in 0..2 {
        for tab in 0..world.tabs.len() {
            let this = &world.tabs[tab];
            if !this.stopped && !this.ready {
                world.fail(&format!(
                    "tab {tab} has a way to renew and is not there ({round})"
                ));
            }
        }
        world.run(20 * MINUTE);
    }
}

macro_rules! chance {
    ($($name:ident: $part:literal),*) => {$(
        #[test]
        fn $name() {
            for seed in seeds().filter(|seed| seed % 4 == $part) {
                live(seed);
            }
        }
    )*};
}

// Four tests, so that they run beside each other.
chance!(whatever_happens_first_quarter: 0, whatever_happens_second_quarter: 1, whatever_happens_third_quarter: 2, whatever_happens_fourth_quarter: 3);

#[test]
fn seeds_that_once_failed_hold() {
    for seed in KEPT {
        live(*seed);
    }
}
