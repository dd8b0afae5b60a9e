//! Many requests to one endpoint, a few of them at once.
//!
//! Invariants: never more at once than was said; an answer is told where its request stood; after a failure that
//! every further request would share none is sent any more; whoever is told to stop waits for no connection.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{ChatRequest, Client, EndpointError, Exchange};

/// How long a wish to stop may go unnoticed.
const PATIENCE: Duration = Duration::from_millis(50);

/// What came of each request, in their order. A request that was not sent any more has the failure that ended it
/// all, or [`EndpointError::Stopped`].
pub(crate) fn chat_all(
    client: &Client,
    requests: Vec<ChatRequest>,
    at_once: usize,
    stop: &AtomicBool,
) -> Vec<Exchange> {
    let mut exchanges: Vec<Option<Exchange>> = requests.iter().map(|_| None).collect();
    let waiting: Arc<Mutex<VecDeque<_>>> = Arc::new(Mutex::new(requests.into_iter().enumerate().collect()));
    // The threads cannot borrow `stop`: one that waits for a silent server may outlive this call.
    let over = Arc::new(AtomicBool::new(false));
    let (send, arrivals) = channel();
    for _ in 0..at_once.clamp(1, exchanges.len().max(1)) {
        let (client, send) = (client.clone(), send.clone());
        let (waiting, over) = (Arc::clone(&waiting), Arc::clone(&over));
        std::thread::spawn(move || {
            while let Some((place, request)) = next(&waiting) {
                let exchange = client.chat(&request, &over);
                // Here and not where it arrives: until then others would have begun.
                if exchange.said.as_ref().is_err_and(EndpointError::is_final) {
                    waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
                }
                if send.send((place, exchange)).is_err() {
                    return;
                }
            }
        });
    }
    drop(send);
    let mut end = EndpointError::Stopped;
    loop {
        match arrivals.recv_timeout(PATIENCE) {
            Ok((place, exchange)) => {
                if let Err(why) = &exchange.said
                    && why.is_final()
                {
                    end = why.clone();
                }
                exchanges[place] = Some(exchange);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if stop.load(Ordering::Relaxed) {
            waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
            over.store(true, Ordering::Relaxed);
            // What has arrived was paid for and is not given away.
            for (place, exchange) in arrivals.try_iter() {
                exchanges[place] = Some(exchange);
            }
            break;
        }
    }
    let unsent = |exchange: Option<Exchange>| {
        exchange.unwrap_or_else(|| Exchange { said: Err(end.clone()), usage: None })
    };
    exchanges.into_iter().map(unsent).collect()
}

fn next(waiting: &Mutex<VecDeque<(usize, ChatRequest)>>) -> Option<(usize, ChatRequest)> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}
