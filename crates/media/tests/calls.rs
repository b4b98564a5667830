//! Real calls over the loopback: what each party hears.

mod common;

use common::{Caller, Server};
use offhook_media::{LegFlags, MediaEvent, RoomKind};

#[tokio::test]
async fn two_hear_each_other_and_not_themselves() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Caller::join(&mut server, room, 500.0).await;
    let b = Caller::join(&mut server, room, 1100.0).await;
    a.hears_exactly(&[1100.0], &[500.0]).await;
    b.hears_exactly(&[500.0], &[1100.0]).await;
    let stats = server.media.stats(a.leg).await.expect("the leg is there");
    assert!(stats.connected && stats.packets_received > 0 && stats.packets_sent > 0);
    assert_eq!(
        server.media.counters().encoded,
        0,
        "two legs are forwarded, not mixed"
    );
}
