//! One aspect of a value that changes, as a stream.

use futures_util::{Stream, stream};
use tokio::sync::watch;

/// What `aspect` sees now, and again whenever it sees something else, until the value is gone.
pub(crate) fn of<S, T, F>(
    source: watch::Receiver<S>,
    aspect: F,
) -> impl Stream<Item = T> + Send + use<S, T, F>
where
    S: Send + Sync,
    T: PartialEq + Clone + Send,
    F: Fn(&S) -> T + Send,
{
    let begin = (source, aspect, None::<T>);
    stream::unfold(begin, |(mut source, aspect, last)| async move {
        if last.is_none() {
            let now = aspect(&source.borrow_and_update());
            return Some((now.clone(), (source, aspect, Some(now))));
        }
        loop {
            source.changed().await.ok()?;
            let now = aspect(&source.borrow_and_update());
            if last.as_ref() != Some(&now) {
                return Some((now.clone(), (source, aspect, Some(now))));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::{FutureExt as _, StreamExt as _};

    use super::*;

    #[tokio::test]
    async fn what_did_not_change_is_not_told_again() {
        let sender = watch::Sender::new((1, 'a'));
        let mut numbers = pin!(of(sender.subscribe(), |pair| pair.0));
        assert_eq!(numbers.next().await, Some(1));
        sender.send_replace((1, 'b'));
        assert!(numbers.next().now_or_never().is_none());
        sender.send_replace((2, 'b'));
        assert_eq!(numbers.next().await, Some(2));
        drop(sender);
        assert_eq!(numbers.next().await, None);
    }
}
