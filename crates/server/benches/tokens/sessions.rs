//! The memory of a session that is signed in, reachable and idle.

use std::io::{BufRead as _, BufReader, Write as _};
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use offhook_server::config::{Listen, Settings};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{Connector, connect_async_tls_with_config};

use crate::core;
use crate::refreshes::Running;

const WARM: usize = 200;
const SESSIONS: usize = 4_000;

pub(crate) fn measure() {
    over("plain WebSockets", Listen::Off);
    over(
        "WebSockets in TLS 1.3",
        Listen::At("127.0.0.1:0".parse().unwrap()),
    );
}

fn over(what: &str, listen_tls: Listen) {
    let settings = Settings {
        listen_tls: Some(listen_tls),
        ..Settings::default()
    };
    let server = Running::start(vec![String::new(); WARM + SESSIONS], settings);
    let mut asker = core::asker("sessions");
    let mut told = BufReader::new(asker.stdout.take().unwrap()).lines();
    let mut tell = asker.stdin.take().unwrap();
    writeln!(tell, "{}", server.base.replacen("http", "ws", 1)).unwrap();
    for token in &server.tokens {
        writeln!(tell, "{token}").unwrap();
    }
    writeln!(tell).unwrap();
    // What the first ones cost once and for all is not theirs.
    assert_eq!(told.next().unwrap().unwrap(), "warm");
    let before = resident_kib();
    writeln!(tell, "go").unwrap();
    assert_eq!(told.next().unwrap().unwrap(), "there");
    let after = resident_kib();
    drop(tell);
    assert!(asker.wait().unwrap().success());
    server.end();
    match (before, after) {
        (Some(before), Some(after)) => println!(
            "an idle session                 {:>6.1} KiB, of {SESSIONS} over {what}, all that the process holds for them",
            (after - before) / SESSIONS as f64
        ),
        _ => println!("an idle session: this system does not tell what a process holds"),
    }
}

/// What the process holds in memory, KiB.
fn resident_kib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// The process that holds the other ends.
pub(crate) fn ask() {
    let mut lines = BufReader::new(std::io::stdin()).lines().map(Result::unwrap);
    let url = lines.next().unwrap();
    let tokens: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (warm, rest) = tokens.split_at(WARM);
        open(&url, warm).await;
        println!("warm");
        assert_eq!(lines.next().unwrap(), "go");
        open(&url, rest).await;
        println!("there");
        // Until nobody listens any more; the sessions answer pings meanwhile.
        let end = tokio::task::spawn_blocking(move || lines.next());
        assert!(end.await.unwrap().is_none());
    });
}

/// Opens a session for each token, and keeps them.
async fn open(url: &str, tokens: &[String]) {
    let tls = Connector::Rustls(Arc::new(trusting()));
    for token in tokens {
        let request = url.into_client_request().unwrap();
        let connected = connect_async_tls_with_config(request, None, true, Some(tls.clone()));
        let (mut socket, _) = connected.await.unwrap();
        let connect = json!({"jsonrpc": "2.0", "id": "1", "method": "signalwire.connect", "params":
            {"version": {"major": 4}, "event_acks": true, "authentication": {"jwt_token": token}}});
        let online =
            json!({"jsonrpc": "2.0", "id": "2", "method": "subscriber.online", "params": {}});
        for frame in [connect, online] {
            socket.send(Message::text(frame.to_string())).await.unwrap();
        }
        // Settled: both were answered and the state is here and acknowledged.
        let mut left = 3;
        while left > 0 {
            left -= usize::from(heard(&mut socket).await);
        }
        tokio::spawn(async move { while heard(&mut socket).await {} });
    }
}

/// Whatever certificate the server has: who it is, is not measured.
fn trusting() -> ClientConfig {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let trust = Trust(provider.signature_verification_algorithms);
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(trust))
        .with_no_client_auth()
}

#[derive(Debug)]
struct Trust(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Answers what asks for an answer; false at the end.
async fn heard(socket: &mut Socket) -> bool {
    let Some(Ok(message)) = socket.next().await else {
        return false;
    };
    let Message::Text(text) = message else {
        return true;
    };
    let frame: Value = serde_json::from_str(&text).unwrap();
    assert!(frame.get("error").is_none(), "{frame}");
    if frame.get("method").is_some() {
        let answer = json!({"jsonrpc": "2.0", "id": frame["id"], "result": {}});
        let _ = socket.send(Message::text(answer.to_string())).await;
    }
    true
}
