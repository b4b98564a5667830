//! The addresses a token reaches (wire-protocol.md 8.2, 8.3).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestServer, fault, faults, text};

fn names(page: &Value) -> Vec<&str> {
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|address| address["name"].as_str().unwrap())
        .collect()
}

async fn with_rooms(count: usize) -> (TestServer, String) {
    let server = TestServer::start().await;
    for number in 0..count {
        server.room(&format!("room-{number}")).await;
    }
    let (_, token) = server.subscriber("alice").await;
    (server, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_both_ways_and_keep_sort_and_filter() {
    let (server, token) = with_rooms(5).await;
    let all = [
        "/private/alice",
        "/public/network-test",
        "/public/room-0",
        "/public/room-1",
        "/public/room-2",
        "/public/room-3",
        "/public/room-4",
    ];
    let (_, page) = server
        .holder(&token, "/api/fabric/addresses?sort_by=name&sort_order=asc")
        .await;
    assert_eq!(names(&page), all);
    assert!(page["links"].get("next").is_none() && page["links"].get("prev").is_none());

    for (order, expected) in [
        ("asc", all.to_vec()),
        ("desc", all.iter().rev().copied().collect()),
    ] {
        let mut seen: Vec<String> = Vec::new();
        let mut pages = vec![];
        let mut url = format!("/api/fabric/addresses?sort_by=name&sort_order={order}&page_size=3");
        loop {
            let (status, page) = server.holder(&token, &url).await;
            assert_eq!(status, 200, "{page}");
            seen.extend(names(&page).into_iter().map(str::to_owned));
            pages.push(names(&page).join(" "));
            assert!(text(&page, "/links/self").starts_with(&server.base));
            match page["links"]["next"].as_str() {
                Some(next) => {
                    assert!(
                        next.starts_with(&format!(
                            "{}/api/fabric/addresses?sort_by=name&sort_order={order}&",
                            server.base
                        )),
                        "{next}"
                    );
                    url = next.to_owned();
                }
                None => break,
            }
        }
        assert_eq!(seen, expected);
        assert_eq!(pages.len(), 3);
        // And back again from the last page.
        let mut back = vec![pages[2].clone()];
        loop {
            let (_, page) = server.holder(&token, &url).await;
            let Some(prev) = page["links"]["prev"].as_str() else {
                break;
            };
            url = prev.to_owned();
            let (_, page) = server.holder(&token, &url).await;
            back.push(names(&page).join(" "));
        }
        back.reverse();
        assert_eq!(back, pages);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_not_disturbed_by_what_is_deleted_meanwhile() {
    let (server, token) = with_rooms(4).await;
    let (_, first) = server
        .holder(&token, "/api/fabric/addresses?page_size=3")
        .await;
    assert_eq!(
        names(&first),
        ["/private/alice", "/public/network-test", "/public/room-0"]
    );
    let (_, resources) = server.get("/api/fabric/resources/conference_rooms").await;
    let room_0 = text(&resources, "/data/0/id");
    assert_eq!(
        server
            .delete(&format!("/api/fabric/resources/conference_rooms/{room_0}"))
            .await
            .0,
        204
    );
    let (_, second) = server.holder(&token, &text(&first, "/links/next")).await;
    assert_eq!(
        names(&second),
        ["/public/room-1", "/public/room-2", "/public/room-3"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_found_by_path_and_by_its_last_part() {
    let (server, token) = with_rooms(1).await;
    for (name, found) in [
        ("%2Fpublic%2Froom-0", vec!["/public/room-0"]),
        ("room-0", vec!["/public/room-0"]),
        ("alice", vec!["/private/alice"]),
        (
            "%2Fpublic%2Froom-0%3Fchannel%3Daudio",
            vec!["/public/room-0"],
        ),
        ("%2Fpublic%2Froom", vec![]),
        ("%2B15551234567", vec![]),
        ("sip%3Ax%40y", vec![]),
        ("", vec![]),
        ("%25", vec![]),
    ] {
        let (status, page) = server
            .holder(&token, &format!("/api/fabric/addresses?name={name}"))
            .await;
        assert_eq!((status, names(&page)), (200, found), "{name}");
        assert!(page["links"].is_object());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_shown_whole() {
    let (server, token) = with_rooms(1).await;
    let (_, page) = server
        .holder(&token, "/api/fabric/addresses?name=room-0")
        .await;
    let id = text(&page, "/data/0/id");
    let (status, address) = server
        .holder(&token, &format!("/api/fabric/addresses/{id}"))
        .await;
    assert_eq!((status, &address), (200, &page["data"][0]));
    assert_eq!(
        (&address["type"], &address["locked"]),
        (&json!("room"), &json!(false))
    );
    assert_eq!(address["channels"]["video"], "/public/room-0?channel=video");
    assert!(text(&address, "/created_at").ends_with('Z'));
    let (status, body) = server.holder(&token, "/api/fabric/addresses/nothing").await;
    assert_eq!((status, &body["error"]), (404, &json!("Not Found")));
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_on_the_host_the_caller_used() {
    let (server, token) = with_rooms(2).await;
    let request = server
        .request(Method::GET, "/api/fabric/addresses?page_size=1")
        .bearer_auth(&token);
    let page: Value = request
        .header("host", "fabric.example.test:8443")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(
        text(&page, "/links/next")
            .starts_with("http://fabric.example.test:8443/api/fabric/addresses?")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_list_parameters_are_named() {
    let (server, token) = with_rooms(0).await;
    for (query, attribute) in [
        ("sort_by=age", "sort_by"),
        ("sort_order=up", "sort_order"),
        ("page_size=no", "page_size"),
        ("page_token=PA", "page_token"),
    ] {
        let answer = server
            .holder(&token, &format!("/api/fabric/addresses?{query}"))
            .await;
        assert_eq!(faults(&answer)[0].0, attribute);
    }
    let answer = server
        .holder(&token, "/api/fabric/addresses?page_size=0")
        .await;
    assert_eq!(
        faults(&answer),
        fault("page_size", "invalid_parameter_value")
    );
}
