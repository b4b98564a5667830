use proptest::prelude::{Just, Strategy, any, prop_oneof};

use super::*;

fn parse(text: &str) -> Result<Settings, ConfigError> {
    Settings::parse(Path::new("offhook.toml"), text)
}

#[test]
fn the_example_file_is_the_defaults() {
    let example = include_str!("../../../../offhook.example.toml");
    // Every line that begins with `#key` is a setting at its default.
    let active: String = example
        .lines()
        .map(|line| {
            line.strip_prefix('#')
                .filter(|rest| !rest.starts_with([' ', '#']) && !rest.is_empty())
                .unwrap_or(line)
        })
        .fold(String::new(), |text, line| text + line + "\n");
    for key in Settings::KEYS {
        assert!(
            active
                .lines()
                .any(|line| line.starts_with(&format!("{key} = "))),
            "{key} is not in the example"
        );
    }
    parse(example).unwrap();
    let settled = parse(&active).unwrap();
    let defaults = Settings::default().settle().unwrap();
    assert_eq!(settled.log.as_deref(), Some("info"));
    assert_eq!(settled.log_format, Some(LogFormat::default()));
    assert_eq!(settled.listen, Some(defaults.listen));
    assert_eq!(
        settled.listen_tls.and_then(Listen::address),
        defaults.listen_tls
    );
    assert_eq!(
        settled.exchanges_per_minute,
        Some(defaults.exchanges_per_minute)
    );
    assert_eq!(
        settled.sign_ins_per_minute,
        Some(defaults.sign_ins_per_minute)
    );
    assert_eq!(settled.max_connections, Some(defaults.max_connections));
    assert_eq!(
        settled.max_connections_per_ip,
        Some(defaults.max_connections_per_ip)
    );
    assert_eq!(settled.media_listen, Some(defaults.media_listen));
    assert_eq!(
        settled
            .data
            .map(|path| path.file_name().map(ToOwned::to_owned)),
        Some(defaults.data.file_name().map(ToOwned::to_owned))
    );
    // All the rest, once what has no default or one that depends on the machine is set aside.
    let mut example = parse(&active).unwrap().settle().unwrap();
    example.public_url = None;
    example.relay_host = None;
    example.tls_files = None;
    example.web_dir = None;
    example.media_workers = defaults.media_workers;
    assert_eq!(format!("{example:#?}"), format!("{defaults:#?}"));
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_known_one() {
    for (text, key, near) in [
        ("listne = \"x\"", "listne", Some("listen")),
        ("listen-tls = \"off\"", "listen-tls", Some("listen_tls")),
        ("public_uri = \"x\"", "public_uri", Some("public_url")),
        ("colour = 1", "colour", None),
    ] {
        match parse(text) {
            Err(ConfigError::UnknownKey {
                key: found,
                nearest,
                ..
            }) => assert_eq!((found.as_str(), nearest), (key, near)),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn faults_say_where_they_are() {
    let error = parse("demo = true\nlisten = 8787\n")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("line 2") && error.contains("listen"),
        "{error}"
    );
    let error = parse("listen_tls = \"localhost\"").unwrap_err().to_string();
    assert!(error.contains("127.0.0.1:8743"), "{error}");
}

#[test]
fn the_higher_settings_win() {
    let flags = parse("listen = \"127.0.0.1:1\"").unwrap();
    let file = parse("listen = \"127.0.0.1:2\"\ndemo = true").unwrap();
    let merged = flags.or(file).settle().unwrap();
    assert_eq!((merged.listen.port(), merged.demo), (1, true));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    for (text, at) in [
        ("relay_host = \"localhost:8743\"", "relay_host"),
        ("tls_key = \"key.pem\"", "tls_certificate"),
        ("tls_certificate = \"cert.pem\"", "tls_key"),
        ("media_workers = 0", "media_workers"),
        ("ring_seconds = 1", "ring_seconds"),
        ("lost_call_seconds = 4", "lost_call_seconds"),
        ("bound_token_seconds = 9", "bound_token_seconds"),
        ("call_grace_seconds = 90000", "call_grace_seconds"),
        ("webhook_timeout_seconds = 0", "webhook_timeout_seconds"),
        ("webhook_retry_seconds = 700000", "webhook_retry_seconds"),
    ] {
        match parse(text).unwrap().settle() {
            Err(ConfigError::Invalid { setting, .. }) => assert_eq!(setting, at),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_public_url_is_an_origin() {
    assert_eq!(
        "HTTPS://Calls.example.com:443/"
            .parse::<PublicUrl>()
            .unwrap()
            .as_str(),
        "https://calls.example.com"
    );
    assert_eq!(
        "http://localhost:8787"
            .parse::<PublicUrl>()
            .unwrap()
            .as_str(),
        "http://localhost:8787"
    );
    for text in [
        "",
        "calls.example.com",
        "ftp://x",
        "https://x/path",
        "https://x?q",
        "https://user@x",
        "http://:80",
    ] {
        assert_eq!(text.parse::<PublicUrl>(), Err(NotAPublicUrl), "{text}");
    }
}

#[test]
fn turn_follows_the_media_address() {
    let fixed = parse("media_listen = \"192.0.2.1:40000\"")
        .unwrap()
        .settle()
        .unwrap();
    assert_eq!(fixed.turn_listen, Some("192.0.2.1:3478".parse().unwrap()));
    let free = parse("media_listen = \"192.0.2.1:0\"")
        .unwrap()
        .settle()
        .unwrap();
    assert_eq!(free.turn_listen, Some("192.0.2.1:0".parse().unwrap()));
    assert_eq!(
        parse("turn_listen = \"off\"")
            .unwrap()
            .settle()
            .unwrap()
            .turn_listen,
        None
    );
}

#[test]
fn a_budget_is_a_table_whose_gaps_are_filled_with_the_defaults() {
    let text = "budget_network = { calls_at_once = 10, minutes_per_day = 0 }";
    let settings = parse(text).unwrap();
    let budgets = settings.settle().unwrap().budgets;
    let defaults = BudgetPolicy::default();
    let network = budgets.network;
    assert_eq!(
        (network.calls_at_once, network.minutes_per_day),
        (Some(10), Some(0))
    );
    assert_eq!(network.calls_per_hour, defaults.network.calls_per_hour);
    assert_eq!(budgets.token, defaults.token);
    for wrong in ["{ calls = 1 }", "{ calls_at_once = -1 }", "5"] {
        let text = format!("budget_token = {wrong}");
        let read = parse(&text);
        assert!(
            matches!(read, Err(ConfigError::Malformed { .. })),
            "{wrong}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parsers_panic(
        text in "\\PC{0,80}",
        url in "https?://\\PC{0,40}",
        toml in "([a-z_]{1,20} = (\\PC{0,20}|[0-9]{1,25}|\"[a-z0-9:.]{0,20}\")\n){0,6}",
    ) {
        let _ = text.parse::<Listen>();
        for text in [&text, &url] {
            if let Ok(origin) = text.parse::<PublicUrl>() {
                // An origin is one: what it reads as reads as itself.
                proptest::prop_assert_eq!(origin.as_str().parse(), Ok(origin.clone()));
            }
        }
        for text in [&text, &toml] {
            if let Err(error) = parse(text) {
                proptest::prop_assert!(error.to_string().contains("offhook.toml"));
            }
        }
    }

    #[test]
    fn an_address_reads_as_it_is_written(ip: [u8; 4], port: u16) {
        let address = SocketAddr::from((ip, port));
        let listen = Listen::At(address);
        proptest::prop_assert_eq!(listen.to_string().parse(), Ok(listen));
    }

    #[test]
    fn whatever_is_wrong_with_a_setting_the_error_names_it(
        key in proptest::sample::select(Settings::KEYS),
        value in any_value(),
    ) {
        let read = parse(&format!("# A comment.\n{key} = {value}\n"));
        match read.and_then(Settings::settle) {
            Ok(config) => proptest::prop_assert!(is_within_limits(&config), "{config:?}"),
            Err(ConfigError::Invalid { setting, .. }) => {
                // Of the two that need each other, the one that is missing.
                let expected = match key {
                    "tls_certificate" => "tls_key",
                    "tls_key" => "tls_certificate",
                    _ => key,
                };
                proptest::prop_assert_eq!(setting, expected);
            }
            Err(error) => proptest::prop_assert!(error.to_string().contains(key), "{error}"),
        }
    }

    #[test]
    fn a_key_that_nobody_knows_is_named(key in "[a-z][a-z_]{0,30}", value in any_value()) {
        proptest::prop_assume!(!Settings::KEYS.contains(&key.as_str()));
        let error = parse(&format!("{key} = {value}")).unwrap_err();
        proptest::prop_assert!(error.to_string().contains(&key), "{error}");
    }
}

/// A value as TOML writes it, of any kind.
fn any_value() -> impl Strategy<Value = String> {
    let text = prop_oneof!["[a-z0-9.:/ -]{0,30}", "\\PC{0,20}"];
    let one = prop_oneof![
        any::<bool>().prop_map(|flag| flag.to_string()),
        prop_oneof![any::<i64>(), -1..100_000_i64].prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| toml::Value::Float(number).to_string()),
        text.prop_map(|text| toml::Value::String(text).to_string()),
        Just("1979-05-27T07:32:00Z".to_owned()),
    ];
    let many = proptest::collection::vec(one.clone(), 0..4)
        .prop_map(|all| format!("[{}]", all.join(", ")));
    let table = (
        "calls_at_once|calls_per_hour|minutes_per_day|[a-z]{1,8}",
        one.clone(),
    )
        .prop_map(|(key, value)| format!("{{ {key} = {value} }}"));
    prop_oneof![4 => one, 1 => many, 1 => table]
}

fn is_within_limits(config: &Config) -> bool {
    let seconds = |duration: Duration| duration.as_secs();
    config.media_workers >= 1
        && (5..=600).contains(&seconds(config.ring_for))
        && (5..=600).contains(&seconds(config.lost_calls))
        && (10..=86_400).contains(&config.bound_token_s)
        && seconds(config.call_grace) <= 86_400
        && config
            .call_records_for
            .is_none_or(|kept| seconds(kept) <= 36_500 * 86_400)
        && (1..=30).contains(&seconds(config.webhooks.timeout))
        && seconds(config.webhooks.retry_for) <= 604_800
        && config
            .relay_host
            .as_deref()
            .is_none_or(|host| host.contains('.'))
}
