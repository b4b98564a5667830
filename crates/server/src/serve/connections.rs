//! The accept loops: from a listening socket to the router, within limits of number and time.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

use crate::http::Peer;
use crate::metrics::{Counter, Gauge, Metrics};

/// From the first byte to the end of the TLS handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// From accepting, or from the answer before, to the end of a request's headers: also how long a connection may idle.
const HEAD_LIMIT: Duration = Duration::from_secs(30);
const MOST_HEADERS: usize = 64;
/// Request line and headers; also the read buffer of each connection.
const HEAD_BYTES: usize = 16 * 1024;
/// When the system has no socket left, a pause gives it time to get one back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the accept loops share.
#[derive(Clone)]
pub(super) struct Connections {
    router: Router,
    admission: Arc<Admission>,
    /// Ends the loops, and asks the connections to end.
    pub(super) stop: CancellationToken,
    /// Every loop and connection.
    pub(super) tasks: TaskTracker,
    refused: Counter,
    failed_handshakes: Counter,
}

impl Connections {
    pub(super) fn new(router: Router, most: usize, most_per_ip: usize, metrics: &Metrics) -> Self {
        let open = metrics.gauge(
            "offhook_connections",
            "TCP connections open, WebSockets included.",
            &[],
        );
        Self {
            router,
            admission: Arc::new(Admission {
                all: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
                most_per_ip,
                by_ip: Mutex::default(),
                open,
            }),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            refused: metrics.counter(
                "offhook_connections_refused_total",
                "Connections closed because there were too many.",
                &[],
            ),
            failed_handshakes: metrics.counter(
                "offhook_tls_handshakes_failed_total",
                "TLS handshakes that failed or took too long.",
                &[],
            ),
        }
    }

    /// Serves a listener until it is told to stop.
    pub(super) fn serve(&self, listener: TcpListener, tls: Option<TlsAcceptor>) {
        let this = self.clone();
        self.tasks.spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = this.stop.cancelled() => return,
                };
                match accepted {
                    Ok((stream, address)) => this.accept(stream, address, tls.clone()),
                    Err(error) if is_the_client_s(&error) => {}
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept connections");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        });
    }

    fn accept(&self, stream: TcpStream, address: SocketAddr, tls: Option<TlsAcceptor>) {
        let Some(place) = Admission::admit(&self.admission, address.ip().to_canonical()) else {
            self.refused.increment();
            return;
        };
        // Signalling is small frames that must not wait for each other.
        let _ = stream.set_nodelay(true);
        let this = self.clone();
        self.tasks.spawn(async move {
            let Some(tls) = tls else {
                return this
                    .talk(
                        Placed {
                            stream,
                            _place: place,
                        },
                        Peer {
                            address,
                            tls: false,
                        },
                    )
                    .await;
            };
            match tokio::time::timeout(HANDSHAKE_LIMIT, tls.accept(stream)).await {
                Ok(Ok(stream)) => {
                    this.talk(
                        Placed {
                            stream,
                            _place: place,
                        },
                        Peer { address, tls: true },
                    )
                    .await
                }
                Ok(Err(error)) => {
                    tracing::debug!(%address, %error, "TLS handshake failed");
                    this.failed_handshakes.increment();
                }
                Err(_) => this.failed_handshakes.increment(),
            }
        });
    }

    async fn talk<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
        &self,
        stream: S,
        peer: Peer,
    ) {
        let router = self.router.clone();
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(peer);
            let mut router = router.clone();
            // A router is always ready.
            async move {
                Ok::<_, Infallible>(
                    router
                        .call(request)
                        .await
                        .unwrap_or_else(|never| match never {}),
                )
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_LIMIT)
            .max_headers(MOST_HEADERS)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(address = %peer.address, %error, "connection ended");
        }
    }
}

/// The client went away between its connecting and our accepting: no reason to pause.
fn is_the_client_s(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// Counts connections.
struct Admission {
    all: Arc<Semaphore>,
    most_per_ip: usize,
    by_ip: Mutex<HashMap<IpAddr, usize>>,
    open: Gauge,
}

/// One connection's place; given back when dropped.
struct Place {
    admission: Arc<Admission>,
    ip: IpAddr,
    _permit: OwnedSemaphorePermit,
}

impl Admission {
    fn admit(this: &Arc<Self>, ip: IpAddr) -> Option<Place> {
        let permit = Arc::clone(&this.all).try_acquire_owned().ok()?;
        let mut by_ip = this.by_ip.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_ip.entry(ip).or_insert(0);
        if *count >= this.most_per_ip {
            return None;
        }
        *count += 1;
        this.open.add(1);
        Some(Place {
            admission: Arc::clone(this),
            ip,
            _permit: permit,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_ip = self
            .admission
            .by_ip
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_ip.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                by_ip.remove(&self.ip);
            }
        }
        self.admission.open.add(-1);
    }
}

/// A stream that keeps its place for as long as it lives, beyond an upgrade too.
struct Placed<S> {
    stream: S,
    _place: Place,
}

impl<S: AsyncRead + Unpin> AsyncRead for Placed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Placed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_all_and_by_address_and_given_back() {
        let metrics = Metrics::default();
        let connections = Connections::new(Router::new(), 3, 2, &metrics);
        let admit = |ip: [u8; 4]| Admission::admit(&connections.admission, ip.into());
        let (a, b) = (admit([192, 0, 2, 1]), admit([192, 0, 2, 1]));
        assert!(a.is_some() && b.is_some());
        assert!(admit([192, 0, 2, 1]).is_none(), "two from one address");
        let c = admit([192, 0, 2, 2]);
        assert!(c.is_some());
        assert!(admit([192, 0, 2, 3]).is_none(), "three in all");
        drop(a);
        assert!(admit([192, 0, 2, 1]).is_some());
        drop((b, c));
        assert!(connections.admission.by_ip.lock().unwrap().is_empty());
        assert_eq!(connections.admission.open.value(), 0);
    }
}
