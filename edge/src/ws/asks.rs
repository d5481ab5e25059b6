//! What a client asked for and is not answered yet: in order for each canvas or thread, side by side otherwise.

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use std::collections::{HashMap, VecDeque};
use subjects::routing::Stream;

/// The most that a client may wait for. It is not listened to while it waits for so many.
const ASKS_MAX: usize = 64;

/// What is not answered yet, each with what comes of it.
pub(super) struct Asks<T> {
    running: FuturesUnordered<BoxFuture<'static, (Place, T)>>,
    /// Behind the one that runs there.
    waiting: HashMap<Place, VecDeque<Work<T>>>,
    count: usize,
}

/// Where something is asked for; what is asked of the connection has an order of its own.
type Place = Option<Stream>;

type Work<T> = BoxFuture<'static, T>;

impl<T: Send + 'static> Asks<T> {
    /// Nothing is asked for yet.
    pub(super) fn new() -> Self {
        Self { running: FuturesUnordered::new(), waiting: HashMap::new(), count: 0 }
    }

    /// Whether one more may be asked for.
    pub(super) fn has_room(&self) -> bool {
        self.count < ASKS_MAX
    }

    /// Whether nothing is to be answered.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Does it, after what was asked for before at the same place.
    pub(super) fn ask(&mut self, place: Place, work: Work<T>) {
        self.count += 1;
        match self.waiting.get_mut(&place) {
            Some(behind) => behind.push_back(work),
            None => {
                self.waiting.insert(place.clone(), VecDeque::new());
                self.run(place, work);
            }
        }
    }

    /// What came of the next that is done. Nothing is lost when the wait is given up.
    pub(super) async fn done(&mut self) -> Option<T> {
        let (place, outcome) = self.running.next().await?;
        self.count -= 1;
        match self.waiting.get_mut(&place).and_then(VecDeque::pop_front) {
            Some(next) => self.run(place, next),
            None => drop(self.waiting.remove(&place)),
        }
        Some(outcome)
    }

    fn run(&mut self, place: Place, work: Work<T>) {
        self.running.push(Box::pin(async move { (place, work.await) }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn what_is_asked_at_one_place_is_done_in_order() {
        let mut asks = Asks::new();
        let place = |text: &str| Some(text.parse::<Stream>().unwrap());
        let (answer, answered) = oneshot::channel::<()>();
        asks.ask(place("thread.a"), Box::pin(async move { answered.await.map_or(0, |()| 1) }));
        asks.ask(place("thread.a"), Box::pin(async { 2 }));
        asks.ask(place("thread.b"), Box::pin(async { 3 }));
        asks.ask(None, Box::pin(async { 4 }));
        let mut meanwhile = [asks.done().await, asks.done().await];
        meanwhile.sort_unstable();
        assert_eq!(meanwhile, [Some(3), Some(4)]);
        answer.send(()).unwrap();
        assert_eq!([asks.done().await, asks.done().await, asks.done().await], [Some(1), Some(2), None]);
        assert!(asks.is_empty() && asks.waiting.is_empty());
    }

    #[tokio::test]
    async fn only_so_much_may_be_asked_for() {
        let mut asks = Asks::new();
        for _ in 0..ASKS_MAX {
            assert!(asks.has_room());
            asks.ask(None, Box::pin(async {}));
        }
        assert!(!asks.has_room());
        asks.done().await;
        assert!(asks.has_room());
    }
}
