use super::*;

#[test]
fn reads_a_dial() {
    let read =
        input(r#"{"command":{"id":7,"command":{"dial":{"to":"/a","options":{"video":true}}}}}"#);
    let Some(Input::Command {
        id: 7,
        command: Command::Dial { to, options, .. },
    }) = read
    else {
        panic!("{read:?}");
    };
    assert_eq!(to, "/a");
    assert_eq!((options.video, options.audio), (Some(true), None));
}

#[test]
fn reads_every_setting_by_its_name() {
    let read = config(
        r#"{"reattach":true,"connectionTimeout":1,"reconnectDelayMin":2,"reconnectDelayMax":3,"iceDisconnectedGracePeriod":4,"iceRestartTimeout":5,
        "maxRecoveryAttempts":6,"enableRelayFallback":false,"reinviteTimeout":7,"reinviteMaxAttempts":8,"reconnectCallsTimeout":9,
        "enableServerHangupInterception":false,"checkConnectionOnVisible":false,"enableNetworkChangeDetection":false}"#,
    );
    let tuning = read.tuning;
    let times = [
        tuning.open_ms,
        tuning.delay_min_ms,
        tuning.delay_max_ms,
        tuning.grace_ms,
        tuning.restart_ms,
        tuning.restarts.into(),
        tuning.reoffer_ms,
        tuning.reoffers.into(),
        tuning.reattach_ms,
    ];
    assert_eq!(times, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert!(read.reattach);
    assert!(!(tuning.relay_fallback || tuning.question_hangup));
    assert!(!(tuning.check_on_visible || tuning.watch_network));
    let default = config("{}").tuning;
    assert_eq!((default.reattach_ms, default.restarts), (300_000, 3));
    assert!(!config("{}").reattach);
}

#[test]
fn reads_failures_as_failures() {
    let read = input(r#"{"http":{"request":3,"error":{"name":"TimeoutError","message":"m"}}}"#);
    assert!(
        matches!(read, Some(Input::Http { request: 3, result: Err(failure) }) if failure.name == "TimeoutError")
    );
}

#[test]
fn what_is_no_input_is_refused() {
    for wrong in [
        "",
        "1",
        "{}",
        r#"{"dance":{}}"#,
        r#"{"frame":1}"#,
        r#"{"command":{"id":1,"command":{"x":{}}}}"#,
    ] {
        assert!(input(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn writes_errors_with_their_causes() {
    let error = EngineError::new("A", "a").because(EngineError::new("B", "b"));
    let written = output(Output::Done {
        id: 1,
        result: Err(error),
    });
    let value = parse(&written).unwrap();
    let cause = offhook_core::json::at(&value, &["done", "error", "cause"]).unwrap();
    assert_eq!(str_of(cause, "class"), Some("B"));
}

#[test]
fn a_seed_is_read_digit_by_digit() {
    let read = seed("ff00a1");
    assert_eq!(read[..4], [0xff, 0, 0xa1, 0]);
}
