//! Questions that many ask at the same time, put to the database at once: one way there and back, whoever many they are.
//!
//! An answer is always found out after its question was asked, so that what was written before is seen.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// Questions that wait for the next round; who comes beyond them waits too.
const WAITING: usize = 1024;
/// Questions of one round.
const ROUND: usize = 256;

/// Who answers.
pub(super) trait Answers: Send + 'static {
    type Question: Send + 'static;
    type Answer: Send + 'static;

    /// One answer for each question, in their order.
    fn answer(
        &mut self,
        questions: Vec<Self::Question>,
    ) -> impl Future<Output = Result<Vec<Self::Answer>, StoreError>> + Send;
}

type Asked<Q, A> = (Q, oneshot::Sender<Result<A, StoreError>>);

/// Where to ask. The task behind it ends with the last clone.
#[derive(Debug)]
pub(super) struct Together<Q, A>(mpsc::Sender<Asked<Q, A>>);

impl<Q, A> Clone for Together<Q, A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<Q: Send + 'static, A: Send + 'static> Together<Q, A> {
    pub(super) fn spawn(mut answers: impl Answers<Question = Q, Answer = A>) -> Self {
        let (asks, mut asked) = mpsc::channel::<Asked<Q, A>>(WAITING);
        tokio::spawn(async move {
            let mut round = Vec::new();
            while asked.recv_many(&mut round, ROUND).await > 0 {
                let (questions, askers): (Vec<_>, Vec<_>) = round.drain(..).unzip();
                // Who asked may have gone.
                match answers.answer(questions).await {
                    Ok(answers) => {
                        for (asker, answer) in askers.into_iter().zip(answers) {
                            let _ = asker.send(Ok(answer));
                        }
                    }
                    Err(error) => {
                        let error = Arc::new(error);
                        for asker in askers {
                            let _ = asker.send(Err(StoreError::Together(Arc::clone(&error))));
                        }
                    }
                }
            }
        });
        Self(asks)
    }

    pub(super) async fn ask(&self, question: Q) -> Result<A, StoreError> {
        let (asker, answer) = oneshot::channel();
        let asked = self.0.send((question, asker)).await;
        asked.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Doubles, and says how many it was asked at once.
    struct Doubles(mpsc::UnboundedSender<usize>);

    impl Answers for Doubles {
        type Question = u32;
        type Answer = u32;

        async fn answer(&mut self, questions: Vec<u32>) -> Result<Vec<u32>, StoreError> {
            let _ = self.0.send(questions.len());
            if questions.contains(&13) {
                return Err(StoreError::NoSuchProject);
            }
            Ok(questions.into_iter().map(|number| 2 * number).collect())
        }
    }

    #[tokio::test]
    async fn questions_at_the_same_time_are_one_round_and_each_gets_its_own_answer() {
        let (told, mut rounds) = mpsc::unbounded_channel();
        let together = Together::spawn(Doubles(told));
        let asked = (0..10).map(|number| together.ask(number));
        let answers = futures_util::future::join_all(asked).await;
        for (number, answer) in (0..10).zip(answers) {
            assert_eq!(answer.unwrap(), 2 * number);
        }
        assert_eq!(rounds.recv().await, Some(10));
    }

    #[tokio::test]
    async fn a_failure_is_everybody_s_of_that_round_and_of_no_other() {
        let (told, _rounds) = mpsc::unbounded_channel();
        let together = Together::spawn(Doubles(told));
        let (one, other) = tokio::join!(together.ask(13), together.ask(1));
        assert!(matches!(one, Err(StoreError::Together(_))));
        assert!(matches!(other, Err(StoreError::Together(_))));
        assert_eq!(together.ask(1).await.unwrap(), 2);
    }
}
